public import ClassifierHead
public import HardenedBackbone

/// What hardening gives.
public struct HardenedNetwork: Sendable {
    /// The backbone, verified against the executor.
    public let artifact: BackboneArtifact
    /// The classifier as the head of this backbone, if the network had one.
    public let head: ClassifierHead?
    /// What every step did to every layer.
    public internal(set) var report: HardeningReport
}

/// How far hardening is.
public enum HardeningProgress: Sendable {
    /// The float network has seen this many calibration images of `count`.
    case evaluated(images: Int, count: Int)
    /// Layer `index` of `count` is done; its output carries `sqnrDb` over the float network's.
    case hardened(index: Int, count: Int, layer: String, sqnrDb: Double)
    /// Executor and reference agree on this many images.
    case verified(images: Int)
}
