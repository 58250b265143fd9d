import Artifacts
import ClassifierHead
import HardenedBackbone
import HardenedModel
import TestSupport
import Testing

/// Files that say something else than they hold.
@Suite struct HostileModelTests {
    private let parts: Parts
    private let file: SafetensorsFile
    private let bytes: [UInt8]

    init() throws {
        parts = try Parts()
        bytes = try parts.frozen().encoded()
        file = try SafetensorsFile(decoding: bytes)
    }

    @Test func truncationIsRefused() {
        for length in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 97)) {
            #expect(refusal(Array(bytes[..<length])) != nil, "cut to \(length) bytes")
        }
        #expect(refusal(Array(bytes.dropLast())) != nil)
        #expect(refusal(bytes + [0]) != nil)
    }

    @Test func flippedBitsAreRefused() {
        var generator = SeededRandom(seed: 9)
        for _ in 0..<300 {
            let bit = Int.random(in: 0..<8 * bytes.count, using: &generator)
            var damaged = bytes
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(refusal(damaged) != nil, "bit \(bit)")
        }
    }

    @Test func damageIsSaidBeforeAnythingElse() throws {
        var damaged = file
        damaged.metadata["head.summary"] = "another"
        let computed = damaged.contentDigest(excludingMetadata: ["digest"])
        let recorded = try #require(file.metadata["digest"])
        #expect(
            refusal(damaged.encoded()) == .backbone(.digestMismatch(recorded: recorded, computed: computed)))
        damaged.metadata["digest"] = nil
        #expect(refusal(damaged.encoded()) == .backbone(.missingMetadata(key: "digest")))
    }

    @Test func theHeadOfAnotherBackboneIsRefused() {
        let other = ContentDigest(of: "another backbone".utf8)
        let swapped = file.resealed {
            $0.metadata["head.backbone_digest"] = other.hex
            $0.metadata["head.digest"] = nil
        }
        #expect(
            refusal(swapped) == .head(.otherBackbone(expected: parts.backbone.digest, actual: other)))
        let changed = file.resealed { $0.metadata["description"] = "another backbone" }
        guard case .head(.otherBackbone(_, let fitted)) = refusal(changed) else {
            Issue.record("a changed backbone under the same head was taken")
            return
        }
        #expect(fitted == parts.backbone.digest)
    }

    @Test func wrongShapesAreRefused() throws {
        let features = parts.head.featureCount
        let flat = file.resealed {
            $0.tensors["head.weights"] = .int8(
                name: "head.weights", shape: [parts.head.weights.count], values: parts.head.weights)
        }
        guard case .head(.badShape(tensor: "weights", _, _)) = refusal(flat) else {
            Issue.record("flat weights were taken")
            return
        }
        let narrow = file.resealed {
            $0.metadata["head.digest"] = nil
            $0.tensors["head.weights"] = .int8(
                name: "head.weights", shape: [5, features - 1],
                values: Array(parts.head.weights.prefix(5 * (features - 1))))
        }
        #expect(refusal(narrow) == .head(.wrongWidth(expected: features, actual: features - 1)))
        let bias = file.resealed {
            $0.tensors["head.bias"] = .int32(name: "head.bias", shape: [2], values: [1, 2])
        }
        #expect(refusal(bias) == .head(.badShape(tensor: "bias", expected: [5], actual: [2])))
        let stem = file.resealed { $0.tensors["stem.bias"] = nil }
        #expect(refusal(stem) == .backbone(.missingTensor(name: "stem.bias")))
    }

    @Test func whatBelongsToNeitherPartIsRefused() {
        let extra = file.resealed { $0.metadata["head.extra"] = "1" }
        #expect(refusal(extra) == .head(.unexpectedContent("extra")))
        let tensor = file.resealed {
            $0.tensors["head."] = .int8(name: "head.", shape: [1], values: [1])
        }
        #expect(refusal(tensor) == .head(.unexpectedContent("")))
        let layer = file.resealed { $0.tensors["more"] = .int8(name: "more", shape: [1], values: [1]) }
        #expect(refusal(layer) == .backbone(.unexpectedTensor(name: "more")))
        let open = file.resealed { $0.metadata["schema"] = "1" }
        #expect(refusal(open) != nil, "a frozen head must not hide in an open backbone")
    }

    @Test func anUnknownOrAbsentSchemaIsRefused() {
        let newer = file.resealed { $0.metadata["schema"] = "3\u{1B}[2J" }
        #expect(refusal(newer) == .unknownSchema(found: "3\u{1B}[2J"))
        #expect(refusal(newer)?.description.contains("\u{1B}") == false)
        #expect(
            refusal(file.resealed { $0.metadata["schema"] = nil })
                == .backbone(.missingMetadata(key: "schema")))
        let head = parts.head.encoded()
        #expect(refusal(head) == .backbone(.missingMetadata(key: "format")))
    }

    /// One content, one digest: a file may not leave out what is always written.
    @Test func aFileInAnotherFormIsRefused() {
        let bare = file.resealed { $0.metadata["head.digest"] = nil }
        guard case .backbone(.digestMismatch) = refusal(bare) else {
            Issue.record("a second form of the same model was taken")
            return
        }
    }
}
