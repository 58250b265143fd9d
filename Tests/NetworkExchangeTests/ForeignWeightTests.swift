import Artifacts
import FloatNetwork
import HardenedBackbone
import NetworkExchange
import Testing
import TestSupport

/// Weight files with other prefixes, other names, and what the official reader of the format passes over.
@Suite struct ForeignWeightTests {
    private func imported(_ file: SafetensorsFile) throws -> ImportedNetwork {
        try NetworkImporter.network(decoding: file.encoded(), fileName: "test")
    }

    private func torchvision() throws -> SafetensorsFile {
        try SafetensorsFile(decoding: Fixture.bytes("torchvision.safetensors"))
    }

    private func renamed(_ file: SafetensorsFile, _ name: (String) -> String?) -> SafetensorsFile {
        var result = file
        result.tensors = [:]
        for tensor in file.tensors.values {
            guard let name = name(tensor.name) else { continue }
            result.tensors[name] = .init(
                name: name, elementType: tensor.elementType, shape: tensor.shape, bytes: tensor.bytes)
        }
        return result
    }

    /// Hugging Face's name for one of torchvision's.
    private func huggingFace(_ name: String, prefix: String) -> String? {
        if name.hasSuffix("num_batches_tracked") { return nil }
        let parts = name.split(separator: ".").map(String.init)
        if parts[0] == "classifier" { return "classifier.\(parts[2])" }
        guard let block = Int(parts[1]) else { return nil }
        func full(_ place: String, _ isNormalization: Bool) -> String {
            "\(prefix)\(place).\(isNormalization ? "normalization" : "convolution").\(parts[parts.count - 1])"
        }
        switch block {
        case 0: return full("conv_stem.first_conv", parts[2] == "1")
        case 18: return full("conv_1x1", parts[2] == "1")
        default:
            let index = Int(parts[3]) ?? 0
            let pairs = block == 1 ? 1 : 2
            let names = block == 1 ? ["conv_3x3", "reduce_1x1"] : ["expand_1x1", "conv_3x3", "reduce_1x1"]
            let isNormalization = index < pairs ? parts[4] == "1" : index == pairs + 1
            let place = block == 1 ? "conv_stem" : "layer.\(block - 2)"
            return full("\(place).\(names[min(index, pairs)])", isNormalization)
        }
    }

    @Test(arguments: [
        "_orig_mod.", "module.", "module._orig_mod.", "_orig_mod.module.", "model._orig_mod.", "net.",
        "module._orig_mod.model.",
    ])
    func prefixesAreTakenOff(prefix: String) throws {
        let file = try torchvision()
        let plain = try imported(file)
        let other = try imported(renamed(file) { prefix + $0 })
        #expect(
            zip(plain.network.layers, other.network.layers).allSatisfy {
                $0.weights == $1.weights && $0.bias == $1.bias
            })
        #expect(other.framework == .torchvision)
    }

    @Test(arguments: ["", "mobilenet_v2."])
    func namesOfHuggingFace(prefix: String) throws {
        var file = try torchvision()
        file.metadata["batch_norm_epsilon"] = nil
        let plain = try imported(file)
        #expect(plain.batchNormEpsilon == 1e-5)
        let other = try imported(renamed(file) { huggingFace($0, prefix: prefix) })
        #expect(other.framework == .huggingFace && other.isTurned)
        #expect(other.batchNormEpsilon == 1e-3)
        #expect(other.network.classifier?.bias == plain.network.classifier?.bias)
        // What its files do not say can be said.
        file.metadata["batch_norm_epsilon"] = "0.00001"
        file.metadata["padding"] = "pytorch"
        let stated = try imported(renamed(file) { huggingFace($0, prefix: prefix) })
        #expect(!stated.isTurned)
        #expect(
            zip(plain.network.layers, stated.network.layers).allSatisfy {
                $0.weights == $1.weights && $0.bias == $1.bias
            })
    }

    @Test func thePaddingCanBeStated() throws {
        var file = try torchvision()
        file.metadata["padding"] = "tensorflow"
        #expect(try imported(file).isTurned)
        file.metadata["padding"] = "same"
        #expect(
            importError(file.encoded())
                == .illegalMetadata(key: "padding", found: "same", expected: "pytorch or tensorflow"))
    }

    @Test func deeperNetworksAreCalledThat() throws {
        var file = try SafetensorsFile(decoding: Fixture.unpacked("timm.safetensors.gz"))
        for (name, tensor) in file.tensors where name.hasPrefix("blocks.5.2.") {
            let other = name.replacing("blocks.5.2.", with: "blocks.5.3.")
            file.tensors[other] = .init(
                name: other, elementType: tensor.elementType, shape: tensor.shape, bytes: tensor.bytes)
        }
        guard case .otherBlockTable(let found, let expected)? = importError(file.encoded()) else {
            Issue.record("not refused")
            return
        }
        #expect(found.hasPrefix("18 blocks (") && expected.hasPrefix("17 blocks ("))
    }

    @Test func aDeeperGraphIsCalledThat() throws {
        var draws = SeededRandom(seed: 71)
        let network = try draws.network(widthPercent: 100, classes: nil)
        var writer = GraphWriter()
        writer.build(network)
        // Block 12 once more, in front of itself.
        let bytes = writer.bytes { nodes in
            let block = nodes.filter { $0.name.hasPrefix("b12.") }
            guard let index = nodes.firstIndex(where: { $0.name == "b12.expand" }) else { return }
            let names = Set(block.map(\.output))
            let copies = block.map { node in
                var copy = node
                copy.name += ".copy"
                copy.output += ".copy"
                copy.inputs = node.inputs.map { names.contains($0) ? $0 + ".copy" : $0 }
                return copy
            }
            let input = nodes[index].inputs[0]
            let output = copies.last?.output ?? ""
            for place in index..<index + block.count {
                nodes[place].inputs = nodes[place].inputs.map { $0 == input ? output : $0 }
            }
            nodes.insert(contentsOf: copies, at: index)
        }
        guard case .otherBlockTable(let found, _)? = importError(bytes) else {
            Issue.record("gave \(importError(bytes).debugDescription)")
            return
        }
        #expect(found == "18 blocks (1 of 16, 2 of 24, 3 of 32, 4 of 64, 4 of 96, 3 of 160, 1 of 320)")
    }

    @Test func graphsStateTheirEpsilon() throws {
        let graph = try NetworkImporter.network(
            decoding: Fixture.bytes("torchvision_separate.onnx"), fileName: "test",
            options: .init(inputSize: 32))
        #expect(graph.batchNormEpsilon == nil)
    }
}
