import ClassifierHead
import HardenedBackbone
import HardenedModel
import QuantizedTensors
import TestSupport
import Testing

/// Freezing changes no logit.
@Suite struct FrozenLogitsTests {
    @Test func theFrozenModelGivesTheLogitsOfItsParts() throws {
        let parts = try Parts(seed: 7, classes: 10)
        let read = try HardenedModel(decoding: try parts.frozen().encoded())
        let head = try #require(read.frozenHead)
        var digests: Set<[Int32]> = []
        for tier in ISATier.supported {
            let replica = BackboneReplica(try BackbonePlan(read.backbone, tier: tier))
            let bank = try #require(NPUBank(head, tierName: tier.rawValue))
            for index in 0..<16 {
                let image = SmallBackbone.photograph(index, bytes: 32 * 32 * 3)
                let expected = HeadReference.logits(
                    parts.head, features: ReferenceBackbone.run(parts.backbone, image: image) { _, _ in })
                let features = replica.features(of: image)
                var found = [Int32](repeating: .min, count: head.classCount)
                features.withUnsafeBufferPointer { input in
                    found.withUnsafeMutableBufferPointer { bank.logits(features: input, count: 1, into: $0) }
                }
                #expect(found == expected, "tier \(tier), image \(index)")
                digests.insert(found)
            }
        }
        #expect(digests.count > 8, "the images must not all look alike to the network")
    }

    /// The NPU's multiplications, done as the hardened head does them.
    @Test func signedDigitsGiveTheSameLogits() throws {
        let parts = try Parts(seed: 3)
        let head = parts.head
        let features = ReferenceBackbone.run(
            parts.backbone, image: SmallBackbone.photograph(2, bytes: 32 * 32 * 3)
        ) { _, _ in }
        let sums = (0..<head.classCount).map { row in
            features.enumerated().reduce(head.bias[row]) { sum, feature in
                SignedDigits(head.weights[row * head.featureCount + feature.offset]).terms.reduce(sum) {
                    $1.isNegative
                        ? $0 - Int32(feature.element) << $1.exponent
                        : $0 + Int32(feature.element) << $1.exponent
                }
            }
        }
        #expect(sums == HeadReference.logits(head, features: features))
    }
}
