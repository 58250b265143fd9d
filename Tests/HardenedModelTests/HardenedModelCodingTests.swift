import Artifacts
import ClassifierHead
import HardenedBackbone
import HardenedModel
import TestSupport
import Testing

@Suite struct HardenedModelCodingTests {
    @Test func aFrozenModelReadsBackAsItsParts() throws {
        for seed in UInt64(1)...4 {
            let parts = try Parts(seed: seed, classes: Int(seed) * 3)
            let frozen = try parts.frozen()
            let bytes = frozen.encoded()
            let read = try HardenedModel(decoding: bytes)
            #expect(read == frozen)
            #expect(read.backbone.encoded() == parts.backbone.encoded())
            #expect(read.frozenHead?.encoded() == parts.head.encoded())
            #expect(read.encoded() == bytes)
        }
    }

    @Test func anOpenBackboneKeepsItsBytesAndItsName() throws {
        let backbone = try SmallBackbone.make()
        let model = HardenedModel(backbone)
        #expect(model.digest == backbone.digest && model.frozenHead == nil)
        #expect(model.encoded() == backbone.encoded())
        #expect(try HardenedModel(decoding: backbone.encoded()) == model)
    }

    @Test func theDigestCoversBackboneHeadAndLabel() throws {
        let parts = try Parts()
        let frozen = try parts.frozen()
        var digests: Set<ContentDigest> = [frozen.digest, parts.backbone.digest, parts.head.digest]
        digests.insert(try Parts(seed: 2).frozen().digest)
        digests.insert(try Parts(classes: 6).frozen().digest)
        for (name, version) in [("other", "v3"), ("defects", "v4")] {
            let head = try parts.head.relabelled(name: name, version: version)
            digests.insert(try HardenedModel(freezing: head, into: parts.backbone).digest)
        }
        #expect(digests.count == 7)
        let file = try SafetensorsFile(decoding: frozen.encoded())
        #expect(file.metadata["digest"] == frozen.digest.hex)
        #expect(file.contentDigest(excludingMetadata: ["digest"]) == frozen.digest)
        #expect(file.metadata["head.backbone_digest"] == parts.backbone.digest.hex)
    }

    @Test func programsThatKnowOpenBackbonesOnlyRefuseItByItsSchema() throws {
        let bytes = try Parts().frozen().encoded()
        #expect(throws: BackboneArtifactError.unknownSchema(found: "2")) {
            try BackboneArtifact(decoding: bytes)
        }
    }

    @Test func aHeadOfAnotherBackboneIsNotFrozen() throws {
        let other = ContentDigest(of: "another backbone".utf8)
        let parts = try Parts(foreign: other)
        #expect(
            throws: HardenedModelError.head(.otherBackbone(expected: parts.backbone.digest, actual: other))
        ) { try parts.frozen() }
        let narrow = try ClassifierHead(
            name: "n", version: "v1", classNames: ["a", "b"], featureCount: 3, weights: [1, 2, 3, 4, 5, 6],
            bias: [0, 0], scale: 1, backboneDigest: parts.backbone.digest, summary: "")
        let expected = parts.backbone.network.featureCount
        #expect(throws: HardenedModelError.head(.wrongWidth(expected: expected, actual: 3))) {
            try HardenedModel(freezing: narrow, into: parts.backbone)
        }
    }

    @Test func aHeadOfOtherPicturesIsNotFrozen() throws {
        let parts = try Parts()
        func head(_ preprocessing: String?) throws -> ClassifierHead {
            let head = parts.head
            return try ClassifierHead(
                name: head.name, version: head.version, classNames: head.classNames,
                featureCount: head.featureCount, weights: head.weights, bias: head.bias, scale: head.scale,
                backboneDigest: head.backboneDigest, preprocessing: preprocessing, summary: head.summary)
        }
        let mine = parts.backbone.preprocessing
        #expect(throws: HardenedModelError.head(.otherPreprocessing(expected: mine, actual: "theirs"))) {
            try HardenedModel(freezing: try head("theirs"), into: parts.backbone)
        }
        // Stated or not, it comes back as it was.
        for text in [nil, mine] {
            let frozen = try HardenedModel(freezing: try head(text), into: parts.backbone)
            let read = try HardenedModel(decoding: frozen.encoded())
            #expect(read == frozen && read.frozenHead?.preprocessing == text, "\(text ?? "nothing")")
        }
    }

    @Test func aHeadWithoutAVersionIsNotFrozen() throws {
        let parts = try Parts(version: nil)
        #expect(throws: HardenedModelError.unnamed(head: "defects")) { try parts.frozen() }
        let bytes = try SafetensorsFile(decoding: Parts().frozen().encoded()).resealed {
            $0.metadata["head.version"] = nil
        }
        #expect(refusal(bytes) == .unnamed(head: "defects"))
    }
}
