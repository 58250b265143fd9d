import Artifacts
import FloatNetwork
import HardenedBackbone
import NetworkExchange
import Testing

/// The file that `training/` writes, made here from an artefact by the format's description.
enum TrainedFixture {
    static func file(_ artifact: BackboneArtifact) -> SafetensorsFile {
        func list(_ values: some Sequence<some BinaryInteger>) -> String {
            values.map { "\($0)" }.joined(separator: ",")
        }
        var tensors: [SafetensorsFile.Tensor] = []
        for (layer, numbers) in zip(artifact.network.layers, artifact.layers) {
            let channels = numbers.bias.count
            let shape = [channels, layer.inputChannelsPerGroup, layer.kernelSize, layer.kernelSize]
            tensors += [
                .int8(name: "\(layer.name).weight", shape: shape, values: numbers.weights),
                .int32(name: "\(layer.name).bias", shape: [channels], values: numbers.bias),
                .uint8(name: "\(layer.name).shift", shape: [channels], values: numbers.shift),
            ]
            if layer.residualSource != nil {
                tensors.append(
                    .int8(name: "\(layer.name).residual_shift", shape: [1], values: [numbers.residualShift]))
            }
        }
        return SafetensorsFile(
            metadata: [
                "format": TrainedIntegers.format, "schema": "1",
                "width_percent": "\(artifact.network.widthPercent)",
                "input_size": "\(artifact.network.inputSize)", "input_mean": list(artifact.inputMean),
                "pool_shift": "\(artifact.poolShift)",
                "activation_exponents": list(artifact.activationExponents),
                "preprocessing": artifact.preprocessing, "description": artifact.description,
            ], tensors: tensors)
    }
}

@Suite struct TrainedIntegersTests {
    private let artifact: BackboneArtifact
    private let sound: SafetensorsFile

    init() throws {
        artifact = try BackboneArtifact(decoding: Fixture.bytes("tiny.safetensors"))
        sound = TrainedFixture.file(artifact)
    }

    private func error(_ change: (inout SafetensorsFile) -> Void) -> NetworkImportError? {
        var file = sound
        change(&file)
        do throws(NetworkImportError) {
            _ = try TrainedIntegers(decoding: file.encoded())
            return nil
        } catch {
            return error
        }
    }

    @Test func theSameIntegersGiveTheSameDigest() throws {
        let read = try TrainedIntegers(decoding: sound.encoded())
        #expect(read.artifact == artifact)
        #expect(read.artifact.digest == artifact.digest)
        #expect(read.classifier == nil && read.classNames == nil)
        #expect(TrainedIntegers.isFormat(of: sound.encoded()))
        #expect(!TrainedIntegers.isFormat(of: artifact.encoded()))
    }

    @Test func classifierAndNamesComeAlong() throws {
        var file = sound
        let weights = (0..<2 * 1280).map { Float($0) / 8 }
        file.tensors["classifier.weight"] = .float32(
            name: "classifier.weight", shape: [2, 1280], values: weights)
        file.tensors["classifier.bias"] = .float32(name: "classifier.bias", shape: [2], values: [-1, 0.5])
        file.metadata["classes"] = #"["Hund","Katze"]"#
        let read = try TrainedIntegers(decoding: file.encoded())
        #expect(read.classifier?.weights == weights)
        #expect(read.classifier?.bias == [-1, 0.5])
        #expect(read.classNames == ["Hund", "Katze"])
        file.metadata["classes"] = #"["Hund"]"#
        #expect(throws: NetworkImportError.self) { try TrainedIntegers(decoding: file.encoded()) }
    }

    @Test func whatDoesNotFitIsNamed() {
        #expect(error { $0.tensors["b03.expand.bias"] = nil } == .missingTensor(name: "b03.expand.bias"))
        #expect(
            error { $0.tensors["x"] = .int8(name: "x", shape: [1], values: [1]) }
                == .unexpectedTensor(name: "x"))
        #expect(
            error { $0.metadata["schema"] = "2" }
                == .illegalMetadata(key: "schema", found: "2", expected: "1"))
        #expect(
            error { $0.metadata["pool_shift"] = "five" }
                == .illegalMetadata(key: "pool_shift", found: "five", expected: "3...6"))
        #expect(
            error { $0.metadata["width_percent"] = "0" }
                == .illegalMetadata(
                    key: "width_percent, input_size", found: "0, 32",
                    expected: "a width of 10...200 and a multiple of 32 up to 512"))
        #expect(
            error { $0.metadata["preprocessing"] = nil }
                == .illegalMetadata(key: "preprocessing", found: "", expected: "a value"))
        #expect(
            error {
                $0.tensors["stem.shift"] = .int8(
                    name: "stem.shift", shape: [8], values: .init(repeating: 1, count: 8))
            }
                == .unsupportedElementType(tensor: "stem.shift", found: "I8"))
        #expect(
            error { $0.tensors["stem.bias"] = .int32(name: "stem.bias", shape: [4], values: [1, 2, 3, 4]) }
                == .wrongShape(tensor: "stem.bias", found: [4], expected: "[8]"))
    }

    @Test func aWeightThatIsNoPowerOfTwoIsRefused() {
        let found = error { file in
            guard let old = file.tensors["stem.weight"] else { return }
            var bytes = old.bytes
            bytes[5] = 11
            file.tensors["stem.weight"] = .init(
                name: "stem.weight", elementType: .i8, shape: old.shape, bytes: bytes)
        }
        #expect(found == .artifact(.illegalWeight(tensor: "stem.weight", index: 5, found: 11)))
    }
}
