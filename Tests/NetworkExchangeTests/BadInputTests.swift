import Artifacts
import FloatNetwork
import HardenedBackbone
import NetworkExchange
import Testing
import TestSupport

/// Files that are damaged, lie, or are something else: a typed error each, and never a crash.
@Suite struct BadInputTests {
    @Test func filesOfOtherFormatsAreRecognised() {
        func guess(_ bytes: [UInt8]) -> String? {
            guard case .unknownFormat(let name, let guess)? = importError(bytes) else { return nil }
            #expect(name == "test.onnx")
            return guess ?? "?"
        }
        #expect(guess(Array("PK\u{5}\u{6}".utf8)) == "an empty ZIP archive")
        #expect(guess([0x80, 0x02, 0x8A]) == "a pickle")
        #expect(guess(Array("{\"a\": 1}".utf8)) == "JSON")
        #expect(guess([]) == "an empty file")
        #expect(guess(Array("hello, this is no network at all".utf8)) == "?")
    }

    @Test func cutWeightFilesAreRefused() throws {
        let bytes = try Fixture.bytes("torchvision.safetensors")
        for count in [9, 100, 5000, bytes.count / 2, bytes.count - 1] {
            guard case .safetensors(let reason)? = importError(Array(bytes.prefix(count))) else {
                Issue.record("\(count) bytes")
                continue
            }
            #expect(!reason.isEmpty)
        }
    }

    @Test func aHeaderThatLiesAboutLengthsIsRefused() throws {
        let bytes = try Fixture.bytes("torchvision.safetensors")
        var long = bytes
        long[2] = 0xFF
        guard case .safetensors? = importError(long) else { throw Unexpected() }
        guard case .safetensors? = importError(bytes.replacing(#""shape":[1280]"#, with: #""shape":[1281]"#))
        else { throw Unexpected() }
    }

    @Test func cutModelsAreRefused() throws {
        let bytes = try Fixture.bytes("torchvision_folded.onnx")
        for count in [1, 10, 5000, bytes.count / 2, bytes.count - 1] {
            #expect(importError(Array(bytes.prefix(count))) != nil, "\(count) bytes")
        }
        guard case .malformedModel? = importError(Array(bytes.prefix(bytes.count / 2))) else {
            throw Unexpected()
        }
    }

    @Test func numbersThatAreNotFiniteAreNamed() throws {
        var draws = SeededRandom(seed: 1)
        let network = try draws.network(widthPercent: 10, classes: 2)
        for name in ["stem.w", "b07.depthwise.b", "b09.expand.variance", "classifier.w", "classifier.b"] {
            var writer = GraphWriter()
            (writer.poisoned, writer.separatesNormalization) = (name, !name.hasSuffix("depthwise.b"))
            writer.build(network)
            #expect(importError(writer.bytes()) == .notFinite(tensor: name, index: 1))
        }

        var file = try SafetensorsFile(decoding: Fixture.bytes("torchvision.safetensors"))
        let old = try file.tensor("features.3.conv.2.weight")
        var data = old.bytes
        data[7] = 0x7C
        data[6] = 0
        file.tensors[old.name] = .init(name: old.name, elementType: .f16, shape: old.shape, bytes: data)
        #expect(importError(file.encoded()) == .notFinite(tensor: "features.3.conv.2.weight", index: 3))
    }

    @Test func weightFilesNameTheTensorThatDoesNotFit() throws {
        let sound = try SafetensorsFile(decoding: Fixture.bytes("torchvision.safetensors"))
        func error(_ change: (inout SafetensorsFile) -> Void) -> NetworkImportError? {
            var file = sound
            change(&file)
            return importError(file.encoded())
        }
        #expect(
            error { $0.tensors["features.5.conv.1.0.weight"] = nil }
                == .missingTensor(name: "features.5.conv.1.0.weight"))
        #expect(
            error { $0.tensors["features.5.conv.1.1.running_mean"] = nil }
                == .missingTensor(name: "features.5.conv.1.1.running_mean"))
        #expect(
            error { $0.tensors["features.5.conv.1.1.running_var"] = nil }
                == .missingTensor(name: "features.5.conv.1.1.running_var"))
        #expect(
            error { $0.tensors["extra"] = .uint8(name: "extra", shape: [1], values: [1]) }
                == .unexpectedTensor(name: "extra"))
        #expect(error { $0.metadata["first_block_shortcut"] = nil } == .firstBlockShortcut(channels: 8))
        #expect(error { $0.metadata["input_size"] = nil } == .unknownInputSize)
        #expect(error { $0.metadata["input_size"] = "33" } == .illegalInputSize(found: 33))
        #expect(
            error { $0.metadata["mean"] = nil }
                == .illegalMetadata(key: "mean", found: "", expected: "three numbers, as std is there"))
        let bias = SafetensorsFile.Tensor.float32(
            name: "classifier.1.bias", shape: [4], values: [1, 2, 3, 4])
        #expect(
            error { $0.tensors[bias.name] = bias }
                == .wrongShape(tensor: "classifier.1.bias", found: [4], expected: "[5]"))
        let integers = SafetensorsFile.Tensor.int32(
            name: "classifier.1.bias", shape: [5], values: [1, 2, 3, 4, 5])
        #expect(
            error { $0.tensors[integers.name] = integers }
                == .unsupportedElementType(tensor: "classifier.1.bias", found: "I32"))
        let variance = SafetensorsFile.Tensor.float32(
            name: "features.0.1.running_var", shape: [8], values: [1, 1, -1, 1, 1, 1, 1, 1])
        #expect(
            error { $0.tensors[variance.name] = variance }
                == .illegalVariance(tensor: "features.0.1.running_var", index: 2))
        #expect(
            error { $0.metadata["classes"] = #"["a","b"]"# }
                == .illegalMetadata(key: "classes", found: "2 names", expected: "5, one for each output"))
    }

    @Test func channelsThatNoWidthGivesAreNamed() throws {
        // Width 0.1 with a stem of 24 channels: no width has 24 and then 8.
        var file = try SafetensorsFile(decoding: Fixture.bytes("torchvision.safetensors"))
        for (name, shape) in [
            ("0.0.weight", [24, 3, 3, 3]), ("0.1.weight", [24]), ("0.1.bias", [24]),
            ("0.1.running_mean", [24]),
            ("0.1.running_var", [24]), ("1.conv.0.0.weight", [24, 1, 3, 3]), ("1.conv.0.1.weight", [24]),
            ("1.conv.0.1.bias", [24]), ("1.conv.0.1.running_mean", [24]), ("1.conv.0.1.running_var", [24]),
            ("1.conv.1.weight", [8, 24, 1, 1]),
        ] {
            let tensor = SafetensorsFile.Tensor.float32(
                name: "features." + name, shape: shape, values: .init(repeating: 1, count: shape.reduce(1, *))
            )
            file.tensors[tensor.name] = tensor
        }
        guard case .noLegalWidth(let layer, let found, let expected, let width)? = importError(file.encoded())
        else { throw Unexpected() }
        #expect(layer == "b00.project")
        #expect(found == 8)
        #expect(expected == 16)
        #expect((66...90).contains(width))
    }

    @Test func externalDataIsRefusedByName() throws {
        // Either of the two fields says so.
        for field in [13, 14] as [UInt64] {
            var external = ProtoWriter()
            external.packed(1, [8, 3, 3, 3])
            external.varint(2, 1)
            external.text(8, "stem.w")
            if field == 13 { external.data(13, [0x0A, 1, 65]) } else { external.varint(14, 1) }
            let bytes = try withFirstTensor(external)
            #expect(importError(bytes) == .externalData(tensor: "stem.w"))
        }
    }

    @Test func tensorsThatLieAboutTheirSizeAreRefused() throws {
        func tensor(_ dims: [UInt64], type: UInt64, data: Int) -> ProtoWriter {
            var tensor = ProtoWriter()
            tensor.packed(1, dims)
            tensor.varint(2, type)
            tensor.text(8, "stem.w")
            tensor.data(9, [UInt8](repeating: 0, count: data))
            return tensor
        }
        #expect(
            importError(try withFirstTensor(tensor([8, 3, 3, 3], type: 1, data: 860)))
                == .wrongByteCount(tensor: "stem.w", found: 860, expected: 864))
        #expect(
            importError(try withFirstTensor(tensor([8, 3, 3, 3], type: 14, data: 1728)))
                == .unsupportedElementType(tensor: "stem.w", found: "number 14"))
        #expect(
            importError(try withFirstTensor(tensor([8, 3, 3, 3], type: 11, data: 864)))
                == .wrongByteCount(tensor: "stem.w", found: 864, expected: 1728))
        for dims in [[1 << 62, 1 << 62, 3, 3], [UInt64.max, 3, 3, 3], [1 << 40, 3, 3, 3]] as [[UInt64]] {
            guard
                case .wrongShape(tensor: "stem.w", _, _)? = importError(
                    try withFirstTensor(tensor(dims, type: 1, data: 864)))
            else { throw Unexpected() }
        }
    }

    /// A graph whose stem reads `tensor`, called `stem.w`.
    private func withFirstTensor(_ tensor: ProtoWriter) throws -> [UInt8] {
        var draws = SeededRandom(seed: 1)
        var writer = GraphWriter()
        writer.build(try draws.network(widthPercent: 10, classes: 2))
        let name = Array("stem.w".utf8)
        let bytes = writer.bytes { $0[0].inputs[1] = "STEM.w" }
        // The writer's own tensor is renamed; the new one joins as a second `graph` field, which merges.
        let place = try #require(bytes.indices.last { bytes[$0...].starts(with: name) })
        var graph = ProtoWriter()
        graph.message(5, tensor)
        var model = ProtoWriter()
        model.message(7, graph)
        var renamed = bytes.replacing("STEM.w", with: "stem.w")
        renamed.replaceSubrange(place..<place + name.count, with: Array("OLDw.w".utf8))
        return renamed + model.bytes
    }

    struct Unexpected: Error {}
}
