import FloatNetwork
import HardenedBackbone
import NetworkExchange
import Testing
import TestSupport

/// Every style that exporters write gives back the network that was written.
@Suite struct GraphStyleTests {
    private func expectRoundTrip(
        _ network: FloatNetwork, _ writer: GraphWriter, _ options: ImportOptions = ImportOptions()
    ) throws {
        var writer = writer
        writer.build(network)
        let imported = try NetworkImporter.network(
            decoding: writer.bytes(), fileName: "graph", options: options)
        #expect(imported.network.network == network.network)
        for (index, layer) in network.layers.enumerated() {
            #expect(imported.network.layers[index].weights == layer.weights, "layer \(index)")
            #expect(imported.network.layers[index].bias == layer.bias, "layer \(index)")
        }
        #expect(imported.network.classifier?.weights == network.classifier?.weights)
        #expect(imported.network.classifier?.bias == network.classifier?.bias)
    }

    @Test func separateNormalizationOldClipsAndPlainGemm() throws {
        var draws = SeededRandom(seed: 1)
        var writer = GraphWriter()
        (writer.opset, writer.separatesNormalization, writer.classifier) = (10, true, .plainGemm)
        try expectRoundTrip(try draws.network(widthPercent: 10, classes: 3), writer)
    }

    @Test func reducedMeanReshapeAndMatMul() throws {
        var draws = SeededRandom(seed: 2)
        var writer = GraphWriter()
        (writer.meansByReduction, writer.flattensByReshape, writer.classifier) = (true, true, .matMul)
        try expectRoundTrip(try draws.network(widthPercent: 10, classes: 1), writer)
    }

    @Test func halfPrecisionAndNoClassifier() throws {
        var draws = SeededRandom(seed: 3)
        var writer = GraphWriter()
        writer.isHalf = true
        try expectRoundTrip(try draws.network(widthPercent: 10, classes: nil), writer)
    }

    @Test(arguments: [30, 35, 50, 75, 100, 140])
    func theWidthFollowsFromTheChannels(width: Int) throws {
        var draws = SeededRandom(seed: UInt64(width))
        try expectRoundTrip(try draws.network(widthPercent: width, classes: 2), GraphWriter())
    }

    @Test func aSizeThatTheFileLeavesOpenIsAskedFor() throws {
        var draws = SeededRandom(seed: 4)
        var writer = GraphWriter()
        writer.inputDims = [0, 3, 0, 0]
        let network = try draws.network(widthPercent: 10, inputSize: 96, classes: 2)
        writer.build(network)
        #expect(importError(writer.bytes()) == .unknownInputSize)
        #expect(importError(writer.bytes(), .init(inputSize: 97)) == .illegalInputSize(found: 97))
        try expectRoundTrip(network, writer, .init(inputSize: 96))
    }

    @Test func metadataNamesClassesAndNormalization() throws {
        var draws = SeededRandom(seed: 5)
        var writer = GraphWriter()
        writer.build(try draws.network(widthPercent: 10, classes: 2))
        writer.metadata = [("classes", #"["a","b"]"#), ("mean", "0.5,0.25,0"), ("std", "1,2,3")]
        let imported = try NetworkImporter.network(decoding: writer.bytes(), fileName: "")
        #expect(imported.classNames == ["a", "b"])
        #expect(imported.network.normalization == .init(mean: [0.5, 0.25, 0], standardDeviation: [1, 2, 3]))
        for (key, text) in [
            ("classes", #"["a"]"#), ("classes", "a,b"), ("mean", "1,2,3"), ("std", "nan,1,1"),
            ("input_size", "x"),
        ] {
            writer.metadata = [(key, text)]
            writer.inputDims = [0, 3, 0, 0]
            let error = importError(writer.bytes(), key == "input_size" ? .init() : .init(inputSize: 32))
            guard case .illegalMetadata? = error else {
                Issue.record("\(key)=\(text) gave \(error.debugDescription)")
                continue
            }
        }
    }
}
