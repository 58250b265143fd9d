import Artifacts
import ClassifierHead
import HardenedBackbone
import HardenedModel
import TestSupport

/// A small backbone and a head of random weights for it.
struct Parts {
    let backbone: BackboneArtifact
    let head: ClassifierHead

    init(seed: UInt64 = 1, classes: Int = 5, version: String? = "v3", foreign: ContentDigest? = nil) throws {
        backbone = try SmallBackbone.make(seed: seed)
        var generator = SeededRandom(seed: seed)
        let features = backbone.network.featureCount
        head = try ClassifierHead(
            name: "defects", version: version, classNames: (0..<classes).map { "klasse \($0) ü" },
            featureCount: features,
            weights: (0..<classes * features).map { _ in Int8.random(in: -128...127, using: &generator) },
            bias: (0..<classes).map { _ in Int32.random(in: -100_000...100_000, using: &generator) },
            scale: 0.125, backboneDigest: foreign ?? backbone.digest, summary: "made by a test")
    }

    func frozen() throws -> HardenedModel { try HardenedModel(freezing: head, into: backbone) }
}

/// What decoding `bytes` throws, if it throws.
func refusal(_ bytes: [UInt8]) -> HardenedModelError? {
    do throws(HardenedModelError) {
        _ = try HardenedModel(decoding: bytes)
        return nil
    } catch { return error }
}

extension SafetensorsFile {
    /// The bytes of the file after `change`, with a fresh digest.
    func resealed(_ change: (inout SafetensorsFile) -> Void) -> [UInt8] {
        var file = self
        change(&file)
        file.metadata["digest"] = file.contentDigest(excludingMetadata: ["digest"]).hex
        return file.encoded()
    }
}
