import ChipModel
public import HardenedBackbone

/// What an RTL folder holds beside the cores: `network.json`, from which the design can be made again.
public struct NetworkManifest: Codable, Hashable, Sendable {
    /// Value of ``format``.
    public static let formatName = "hashiflex-rtl-network"
    /// Name of the file in the folder.
    public static let fileName = "network.json"
    /// Name of the artefact in the folder, which co-simulation takes its expected bytes from.
    public static let artifactName = "model.safetensors"

    /// ``formatName``.
    public let format: String
    /// 1.
    public let version: Int
    /// Program and version that wrote the folder.
    public let generator: String
    /// Digest of the artefact.
    public let artifact: String
    /// `simulation` or `area`.
    public let style: String
    /// Cycles between two images.
    public let cyclesPerImage: Int
    /// Register stages of every layer of the network.
    public let depths: [Int]
    /// Index of the first layer written.
    public let firstLayer: Int
    /// Layers written.
    public let layerCount: Int
    /// Classes of a head; 0 for a part of the network.
    public let classes: Int
    /// Multiply-accumulates of the NPU in a cycle; 0 for a part of the network.
    public let macs: Int
    /// Images under way at most.
    public let credits: Int
    /// Module that a bench instantiates.
    public let top: String
    /// The SystemVerilog files, in the order of their names.
    public let files: [String]

    /// The manifest of `rtl`.
    public init(_ rtl: NetworkRTL, style: CoreStyle, files: [String]) {
        format = Self.formatName
        version = 1
        generator = rtl.header.generator
        artifact = "\(rtl.artifact.digest)"
        self.style = style.rawValue
        cyclesPerImage = rtl.schedule.plan.cyclesPerImage
        depths = rtl.schedule.depth.layers
        firstLayer = rtl.range.lowerBound
        layerCount = rtl.range.count
        classes = rtl.npu?.classes ?? 0
        macs = rtl.npu?.macs ?? 0
        credits = rtl.credits
        top = rtl.topModule
        self.files = files.sorted()
    }

    /// The design that the folder was written from; `nil` where the numbers can not be ours.
    public func design(_ artifact: BackboneArtifact) -> NetworkRTL? {
        let network = artifact.network
        guard format == Self.formatName, version == 1, "\(artifact.digest)" == self.artifact,
            LanePlan.cyclesRange(of: network).contains(cyclesPerImage),
            let plan = LanePlan(network: network, cyclesPerImage: cyclesPerImage),
            depths.count == network.layers.count, depths.allSatisfy(NetworkRTL.depths.contains),
            network.layers.indices.contains(firstLayer), layerCount >= 1,
            layerCount <= network.layers.count - firstLayer, (1...NetworkRTL.creditsMax).contains(credits)
        else { return nil }
        var depth = depths.makeIterator()
        let stages = DepthPlan(network) { _ in depth.next() ?? NetworkRTL.depths.lowerBound }
        if classes == 0 {
            return try? NetworkRTL(
                artifact, plan: plan, depth: stages, layers: firstLayer..<firstLayer + layerCount,
                generator: generator)
        }
        guard layerCount == network.layers.count,
            let npu = NPUShape(features: network.featureCount, classes: classes, macs: macs)
        else { return nil }
        return try? NetworkRTL(
            artifact, plan: plan, depth: stages, npu: npu, credits: credits, generator: generator)
    }
}
