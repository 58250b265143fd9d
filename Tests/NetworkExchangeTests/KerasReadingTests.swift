import Artifacts
import FloatNetwork
import Foundation
import HardenedBackbone
import NetworkExchange
import Testing
import TestSupport

/// Keras's networks by their configuration; the arrays are given, so that no HDF5 is needed.
@Suite struct KerasReadingTests {
    private let network: FloatNetwork

    init() throws {
        var random = SeededRandom(seed: 31)
        network = try random.network(widthPercent: 35, classes: 3)
    }

    private func read(_ writer: KerasWriter, _ configuration: String? = nil) throws -> ImportedNetwork {
        try expectNetwork(network, in: KerasWriter.bytes, options: writer.options(configuration))
    }

    @Test func everyNumberComesWhereItBelongs() throws {
        let imported = try read(KerasWriter(network))
        #expect(imported.isTurned && imported.framework == .keras && imported.statedNormalization == nil)
    }

    @Test func modelsWithinModelsAreTakenApart() throws {
        // The network without its ends, as one layer of another; Keras 2 writes calls as lists.
        var writer = KerasWriter(network)
        let inner = try #require(writer.layers.firstIndex { $0.name == "pool" })
        let ends = writer.layers[inner...]
        writer.nest(outer: ["pool", "head"])
        let lists = writer.lists
        let last = writer.layers[inner - 1].name
        writer.layers.removeSubrange(inner...)
        writer.outputs = [last]
        let core =
            writer.configuration.dropLast() + #", "name": "core", "inbound_nodes": [[["scaled", 0, 0, {}]]]}"#
        let outer = """
            {"class_name": "Functional", "config": {"layers": [
            {"class_name": "InputLayer", "name": "pixels", "config": {"batch_input_shape": [null, null, null, 3]}},
            {"class_name": "TFOpLambda", "name": "scaled", "config": {"function": "math.truediv"},
             "inbound_nodes": [["pixels", 0, 0, {"y": 127.5, "name": null}]]},
            \(core),
            {"class_name": "GlobalAveragePooling2D", "name": "pool", "config": {},
             "inbound_nodes": [[["core", 1, 0, {}]]]},
            {"class_name": "Dense", "name": "head", "config": {}, "inbound_nodes": [[["pool", 0, 0, {}]]]}],
            "output_layers": [["head", 0, 0]]}}
            """
        #expect(ends.map(\.name) == ["pool", "head"])
        writer.nestedLists = lists
        let imported = try read(writer, outer)
        #expect(imported.statedNormalization == .init(mean: [0, 0, 0], standardDeviation: [0.5, 0.5, 0.5]))
        #expect(imported.network.network.inputSize == 32)
        let chain = """
            {"class_name": "Sequential", "config": [\(writer.configuration),
            {"class_name": "GlobalAveragePooling2D", "config": {"name": "pool"}},
            {"class_name": "Dense", "config": {"name": "head"}}]}
            """
            .replacingFirst(#""config": {"layers""#, with: #""config": {"name": "core", "layers""#)
        #expect(try read(writer, chain).statedNormalization == nil)
    }

    @Test func coloursOfTheNetworkItselfAreStated() throws {
        let layers: [KerasWriter.Layer] = [
            .init(
                className: "Rescaling", name: "s", config: #""scale": 0.00784313725490196, "offset": -1"#,
                inputs: []),
            .init(
                className: "Normalization", name: "s",
                config:
                    #""axis": [-1], "mean": [127.5, 127.5, 127.5], "variance": [16256.25, 16256.25, 16256.25]"#,
                inputs: []),
        ]
        for layer in layers {
            var writer = KerasWriter(network)
            writer.insert(layer, behind: "image")
            writer.insert(
                .init(className: "RandomFlip", name: "flip", config: "", inputs: []), behind: "image")
            let colours = try read(writer).statedNormalization
            #expect(colours == .init(mean: [0.5, 0.5, 0.5], standardDeviation: [0.5, 0.5, 0.5]), "\(layer)")
        }
        var writer = KerasWriter(network)
        writer.insert(
            .init(className: "Subtract", name: "minus", config: "", inputs: [], numbers: [1]), behind: "image"
        )
        writer.insert(
            .init(className: "TrueDivide", name: "by", config: "", inputs: [], numbers: [127.5]),
            behind: "image")
        #expect(try read(writer).statedNormalization?.mean == [0.5, 0.5, 0.5])
    }

    @Test func weightsAloneAreThoseOfMobileNetV2() throws {
        // Keras's own network has batch normalisations, here of one and nothing.
        var writer = KerasWriter(network)
        for layer in writer.layers where layer.className.hasSuffix("Conv2D") {
            let removed = writer.tensors.removeValue(
                forKey: "model_weights/\(layer.name)/\(layer.name)/bias:0")
            let bias = try #require(removed)
            let count = bias.shape[0]
            let name = "\(layer.name)_BN"
            writer.insert(
                .init(className: "BatchNormalization", name: name, config: "", inputs: []), behind: layer.name
            )
            writer.set(name, "beta", [count], try bias.float32s())
            for (role, value) in [("gamma", 1), ("moving_mean", 0), ("moving_variance", 0.999)]
                as [(String, Float)]
            {
                writer.set(name, role, [count], [Float](repeating: value, count: count))
            }
        }
        let options = writer.options(writer.lists, inputSize: 32)
        let imported = try NetworkImporter.network(
            decoding: KerasWriter.bytes, fileName: "w.h5", options: options)
        #expect(imported.source == "Keras HDF5, weights alone" && imported.batchNormEpsilon == 1e-3)
        for (found, layer) in zip(imported.network.layers, network.layers) {
            #expect(zip(found.weights, layer.weights).allSatisfy { abs($0 - $1) < 1e-6 })
            #expect(found.bias == layer.bias)
        }
        // One layer less, and no lists.
        writer.layers.removeAll { $0.name == "b03.depthwise" }
        for lists in [writer.lists, [:]] {
            let error = try #require(importError(KerasWriter.bytes, writer.options(lists, inputSize: 32)))
            #expect("\(error)".contains("MobileNetV2 has 35 of Conv2D, 17 of DepthwiseConv2D"), "\(error)")
        }
    }

    @Test func theFirstBlocksShortcutDoesNotShowInWeights() throws {
        var random = SeededRandom(seed: 32)
        let small = try random.network(widthPercent: 10, classes: nil)
        let writer = KerasWriter(small)
        _ = try expectNetwork(small, in: KerasWriter.bytes, options: writer.options())
        var normalized = writer
        for layer in writer.layers where layer.className.hasSuffix("Conv2D") {
            let name = "\(layer.name)_BN"
            normalized.insert(
                .init(className: "BatchNormalization", name: name, config: "", inputs: []), behind: layer.name
            )
            let count = layer.className == "Conv2D" ? 1 : 0
            let shape = writer.tensors["model_weights/\(layer.name)/\(layer.name)/kernel:0"]?.shape ?? []
            let channels = shape[3 - (1 - count)]
            for role in ["beta", "gamma", "moving_mean", "moving_variance"] {
                normalized.set(name, role, [channels], [Float](repeating: 1, count: channels))
            }
        }
        #expect(
            importError(KerasWriter.bytes, normalized.options(normalized.lists, inputSize: 32))
                == .firstBlockShortcut(channels: 8))
    }
}

extension String {
    /// The text with the first `old` replaced.
    fileprivate func replacingFirst(_ old: String, with new: String) -> String {
        guard let range = range(of: old) else { return self }
        return replacingCharacters(in: range, with: new)
    }
}
