import Artifacts
import HardenedBackbone
import QuantizedTensors
import TestSupport
import Testing

/// Backbones whose weights are sums of two powers of two: their file, and every tier against the reference.
@Suite struct SumArtifactTests {
    private static func sample(size: Int = 32) throws -> BackboneArtifact {
        try RandomBackbone.make(widthPercent: 10, inputSize: size, seed: 5, terms: 2)
    }

    private static func refusal(_ change: (inout SafetensorsFile) -> Void) throws -> BackboneArtifactError? {
        var file = try SafetensorsFile(decoding: sample().encoded())
        change(&file)
        file.metadata["digest"] = file.contentDigest(excludingMetadata: ["digest"]).hex
        do {
            _ = try BackboneArtifact(decoding: file.encoded())
            return nil
        } catch { return error }
    }

    private static func filled(_ name: String, with byte: UInt8, in file: inout SafetensorsFile) {
        guard let tensor = file.tensors[name] else { return }
        file.tensors[name] = .init(
            name: name, elementType: tensor.elementType, shape: tensor.shape,
            bytes: [UInt8](repeating: byte, count: tensor.bytes.count))
    }

    @Test func itsFileIsReadBackAndOfASchemaOfItsOwn() throws {
        let artifact = try Self.sample()
        #expect(artifact.layers.allSatisfy { $0.terms == 2 })
        let file = try SafetensorsFile(decoding: artifact.encoded())
        #expect(file.metadata["schema"] == "3")
        #expect(file.tensors["stem.weight_second"] != nil)
        let decoded = try BackboneArtifact(decoding: artifact.encoded())
        #expect(decoded == artifact)
        #expect(decoded.encoded() == artifact.encoded())
    }

    @Test func singlePowersKeepTheFirstSchemaAndNoSecondTensor() throws {
        let single = try RandomBackbone.make(widthPercent: 10, inputSize: 32, seed: 5)
        let file = try SafetensorsFile(decoding: single.encoded())
        #expect(file.metadata["schema"] == "1")
        #expect(!file.tensors.keys.contains { $0.hasSuffix("second") })
        #expect(single.layers.allSatisfy { $0.terms == 1 })
        for parameters in single.layers {
            #expect(parameters.termCount == parameters.weights.count { $0 != 0 })
        }
    }

    @Test func onlySomeLayersMayHaveSums() throws {
        let (single, double) = (
            try RandomBackbone.make(widthPercent: 10, inputSize: 32, seed: 5), try Self.sample()
        )
        var layers = single.layers
        layers[7] = double.layers[7]
        let mixed = try BackboneArtifact(
            network: single.network, poolShift: 5, layers: layers,
            activationExponents: single.activationExponents, preprocessing: "none", description: "mixed")
        let file = try SafetensorsFile(decoding: mixed.encoded())
        #expect(
            file.tensors.keys.filter { $0.hasSuffix("second") } == [
                "\(single.network.layers[7].name).weight_second"
            ])
        #expect(try BackboneArtifact(decoding: mixed.encoded()) == mixed)
    }

    @Test func secondTermsThatMakeNoWeightAreRefused() throws {
        // 64 + 64; twice the same code; a second term larger than the first; 4 - 1, which is written 2 + 1.
        for (first, second) in [(UInt8(0x66), UInt8(0x66)), (0x22, 0x22), (0x11, 0x33), (0x22, 0x88)] {
            let error = try Self.refusal { file in
                Self.filled("stem.weight", with: first, in: &file)
                Self.filled("stem.weight_second", with: second, in: &file)
            }
            guard case .illegalWeight(let tensor, 0, _) = error else {
                Issue.record("\(first), \(second): \(String(describing: error))")
                continue
            }
            #expect(tensor == "stem.weight_second")
        }
    }

    @Test func aTensorOfNoSecondTermsAndAWrongSchemaAreRefused() throws {
        let empty = try Self.refusal { Self.filled("stem.weight_second", with: 0x77, in: &$0) }
        #expect(empty == .unexpectedTensor(name: "stem.weight_second"))
        let schema = try Self.refusal { $0.metadata["schema"] = "1" }
        #expect(schema == .illegalMetadata(key: "schema", found: "1", expected: "3"))
        let missing = try Self.refusal { $0.tensors["stem.weight_second"] = nil }
        #expect(
            missing == nil, "a layer of single powers, where others have sums, is a backbone like any other")
    }

    @Test func sumsBeyondSixtyFourAreNoWeights() throws {
        let artifact = try Self.sample()
        for value in [Int8(65), 96, -96, 11, -128] {
            var layers = artifact.layers
            var weights = layers[0].weights
            weights[3] = value
            layers[0] = LayerParameters(weights: weights, bias: layers[0].bias, shift: layers[0].shift)
            #expect(
                throws: BackboneArtifactError.illegalWeight(
                    tensor: "stem.weight", index: 3, found: Int(value))
            ) {
                try BackboneArtifact(
                    network: artifact.network, poolShift: 5, layers: layers,
                    activationExponents: artifact.activationExponents, preprocessing: "none", description: "")
            }
        }
    }

    @Test(arguments: [(10, 32), (35, 96), (100, 32)])
    func everyTierEqualsTheReference(_ width: Int, _ size: Int) throws {
        let artifact = try RandomBackbone.make(
            widthPercent: width, inputSize: size, seed: UInt64(width), poolShift: 3, terms: 2)
        var generator = SeededRandom(seed: UInt64(size))
        let images = [
            generator.extremeBytes(count: artifact.network.imageBytes),
            [UInt8](repeating: 255, count: artifact.network.imageBytes),
        ]
        for tier in ISATier.supported {
            let replica = BackboneReplica(try BackbonePlan(artifact, tier: tier))
            for image in images {
                #expect(
                    replica.features(of: image) == ReferenceBackbone.run(artifact, image: image) { _, _ in },
                    "\(tier)")
            }
        }
    }
}
