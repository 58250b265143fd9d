import FloatNetwork
import NetworkExchange
import Testing
import TestSupport

/// What a file tells of the pictures that its network was trained on: whose names it has, and its normalisation.
@Suite struct PreprocessingHintTests {
    private static let hf = FloatNetwork.Normalization(
        mean: [0.5, 0.5, 0.5], standardDeviation: [0.5, 0.5, 0.5])

    private func imported(
        _ bytes: [UInt8], _ normalization: FloatNetwork.Normalization? = nil
    ) throws -> ImportedNetwork {
        try NetworkImporter.network(
            decoding: bytes, fileName: "test", options: .init(inputSize: 32, normalization: normalization))
    }

    @Test func namesTellTheFramework() throws {
        let files: [([UInt8], ImportedNetwork.Framework)] = [
            (try Fixture.bytes("torchvision_folded.onnx"), .torchvision),
            (try Fixture.bytes("torchvision_separate.onnx"), .torchvision),
            (try Fixture.bytes("torchvision.safetensors"), .torchvision),
            (try Fixture.bytes("timm_dynamo.onnx"), .timm),
            (try Fixture.unpacked("timm_separate.onnx.gz"), .timm),
            (try Fixture.unpacked("timm.safetensors.gz"), .timm),
        ]
        for (index, (bytes, framework)) in files.enumerated() {
            #expect(try imported(bytes).framework == framework, "file \(index)")
        }
    }

    @Test func otherNamesTellNothing() throws {
        var draws = SeededRandom(seed: 31)
        var writer = GraphWriter()
        writer.build(try draws.network(widthPercent: 10, classes: 2))
        #expect(try imported(writer.bytes()).framework == nil)
        // A name that only begins alike is another name.
        let near = try Fixture.bytes("torchvision_folded.onnx")
            .replacing("features.0.0", with: "features.0_0", everywhere: true)
        #expect(try imported(near).framework == nil)
        let far = try Fixture.bytes("torchvision_folded.onnx")
            .replacing("features.0.0", with: "features.010", everywhere: true)
        #expect(try imported(far).framework == nil)
    }

    @Test func aStatedNormalizationIsToldApartFromTheAssumedOne() throws {
        let plain = try Fixture.bytes("torchvision_folded.onnx")
        let assumed = try imported(plain)
        #expect(assumed.statedNormalization == nil && assumed.network.normalization == .imageNet)
        let asked = try imported(plain, .imageNet)
        #expect(asked.statedNormalization == .imageNet)
        var draws = SeededRandom(seed: 32)
        var writer = GraphWriter()
        writer.metadata = [("mean", "0.5,0.25,0"), ("std", "1,2,3")]
        writer.build(try draws.network(widthPercent: 10, classes: 2))
        let file = FloatNetwork.Normalization(mean: [0.5, 0.25, 0], standardDeviation: [1, 2, 3])
        #expect(try imported(writer.bytes()).statedNormalization == file)
        // Who asks counts more than the file.
        #expect(try imported(writer.bytes(), Self.hf).statedNormalization == Self.hf)
    }

    @Test func anotherNormalizationLeavesTheRestAsItIs() throws {
        let first = try imported(try Fixture.bytes("torchvision.safetensors"))
        let other = try first.normalized(Self.hf)
        #expect(other.network.normalization == Self.hf && other.statedNormalization == Self.hf)
        #expect(other.classNames == first.classNames && other.framework == first.framework)
        #expect(other.source == first.source && other.opset == first.opset)
        #expect(zip(other.network.layers, first.network.layers).allSatisfy { $0.weights == $1.weights })
        let back = try other.normalized(.imageNet)
        #expect(back.network.normalization == first.network.normalization)
        for bad in [
            FloatNetwork.Normalization(mean: [0, 0, 0], standardDeviation: [1, 0, 1]),
            FloatNetwork.Normalization(mean: [0, .nan, 0], standardDeviation: [1, 1, 1]),
            FloatNetwork.Normalization(mean: [0, 0], standardDeviation: [1, 1]),
        ] {
            #expect(throws: NetworkImportError.self) { try first.normalized(bad) }
        }
    }
}
