public import Artifacts

/// The modelled chip of the fleet's artefact beside the fleet's measured rate.
///
/// A coordinator that was not told the artefact writes none of it. Every name says its kind: what is measured is the
/// fleet's, what is modelled is the chip's, of which none was made.
public struct ChipTwinStatus: Hashable, Sendable, Codable {
    /// Digest of the artefact that was modelled.
    public var backbone: ContentDigest
    /// Images scored a second by the live workers that run it.
    public var measuredImagesPerSecond: Double
    /// Images/s of the chip.
    public var modelledImagesPerSecond: Double
    /// Images/s of the chip with its head hardened as well; absent where it is.
    public var modelledFrozenImagesPerSecond: Double?
    /// uJ an image of the chip alone; says nothing of the fleet.
    public var modelledMicrojoules: Double

    /// The chip; the fleet's rate is still to be filled in.
    ///
    /// - Range: `images` above 0, all figures finite.
    public init(backbone: ContentDigest, images: Double, frozenImages: Double?, microjoules: Double) {
        self.backbone = backbone
        measuredImagesPerSecond = 0
        modelledImagesPerSecond = images
        modelledFrozenImagesPerSecond = frozenImages
        modelledMicrojoules = microjoules
    }

    /// How many of the modelled chips the measured fleet is worth; 0 where a sender states no rate of the chip.
    public var chips: Double {
        modelledImagesPerSecond > 0 ? measuredImagesPerSecond / modelledImagesPerSecond : 0
    }

    /// The same beside what `workers` do now.
    public func measured(_ workers: some Sequence<WorkerStatus>) -> ChipTwinStatus {
        var status = self
        status.measuredImagesPerSecond = workers.reduce(0) {
            $1.backbone == backbone ? $0 + $1.imagesPerSecond : $0
        }
        return status
    }
}
