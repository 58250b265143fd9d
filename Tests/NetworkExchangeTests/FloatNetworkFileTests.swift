import Artifacts
import FloatNetwork
import HardenedBackbone
import NetworkExchange
import Testing
import TestSupport

/// What `hashiflex import` writes is, read again, the same network to the bit.
@Suite struct FloatNetworkFileTests {
    private func imported(
        _ bytes: [UInt8], _ options: ImportOptions = ImportOptions()
    ) throws
        -> ImportedNetwork
    {
        try NetworkImporter.network(decoding: bytes, fileName: "test", options: options)
    }

    private func expectSame(_ again: ImportedNetwork, _ first: ImportedNetwork) {
        #expect(again.network.network == first.network.network)
        for (left, right) in zip(again.network.layers, first.network.layers) {
            #expect(left.weights == right.weights && left.bias == right.bias)
        }
        #expect(again.network.classifier?.weights == first.network.classifier?.weights)
        #expect(again.network.classifier?.bias == first.network.classifier?.bias)
        #expect(again.network.normalization == first.network.normalization)
        #expect(again.isTurned == first.isTurned)
    }

    @Test(arguments: [
        "torchvision.safetensors", "torchvision_folded.onnx", "torchvision_separate.onnx", "timm_dynamo.onnx",
    ])
    func everyFormComesBack(_ name: String) throws {
        let first = try imported(try Fixture.bytes(name))
        let file = FloatNetworkFile.file(of: first, preprocessing: "as trained")
        let again = try imported(file.encoded())
        expectSame(again, first)
        #expect(again.classNames == first.classNames)
        #expect(again.preprocessing == "as trained")
        // What was assumed is stated from now on, and nothing is left to assume.
        #expect(again.statedNormalization == first.network.normalization)
        #expect(again.batchNormEpsilon == nil)
        #expect(FloatNetworkFile.file(of: again, preprocessing: "as trained").encoded() == file.encoded())
    }

    @Test func kernelsOfTensorFlowAreThoseOfTheirOwnFile() throws {
        var file = try SafetensorsFile(decoding: Fixture.bytes("torchvision.safetensors"))
        let around = FloatNetworkFile.file(of: try imported(file.encoded()), preprocessing: "none")
        file.metadata["padding"] = "tensorflow"
        let first = try imported(file.encoded())
        #expect(first.isTurned)
        let written = FloatNetworkFile.file(of: first, preprocessing: "none")
        #expect(written.metadata["padding"] == "tensorflow" && around.metadata["padding"] == "pytorch")
        // The same file in all else: kernels are not left turned.
        #expect(written.tensors == around.tensors)
        expectSame(try imported(written.encoded()), first)
    }

    @Test func coloursAndNamesAreThoseThatWereChosen() throws {
        let colours = FloatNetwork.Normalization(
            mean: [0.1, 0.2, 1.0 / 3], standardDeviation: [0.7, 2.0 / 3, 1e-3])
        let named = try imported(try Fixture.bytes("torchvision_folded.onnx")).normalized(colours)
            .named(["a", "b \"quoted\"", "ü", ""])
        let again = try imported(FloatNetworkFile.file(of: named, preprocessing: "").encoded())
        #expect(again.statedNormalization == colours)
        #expect(again.classNames == ["a", "b \"quoted\"", "ü", ""])
    }
}
