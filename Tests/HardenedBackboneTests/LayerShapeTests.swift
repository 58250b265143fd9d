import CShiftKernels
import HardenedBackbone
import QuantizedTensors
import Testing
import TestSupport

/// Every layer and every fused block of the usual widths and sizes, on every tier this machine has: the same
/// bytes as the scalar tier, which `BackboneExecutorTests` ties to the reference.
@Suite struct LayerShapeTests {
    private static let sizes = [96, 128, 160, 192, 224]

    @Test(arguments: [35, 50, 75, 100, 140]) func equalsTheScalarTierInEveryLayerAndBlock(_ width: Int) throws
    {
        let seed = UInt64(width)
        var generator = SeededRandom(seed: seed)
        let model = try RandomBackbone.make(widthPercent: width, inputSize: 96, seed: seed, poolShift: 3)
        for size in Self.sizes {
            let artifact = try BackboneArtifact(
                network: try RandomBackbone.network(widthPercent: width, inputSize: size), poolShift: 3,
                layers: model.layers, activationExponents: model.activationExponents, preprocessing: "none",
                description: "the same numbers at another size")
            let image = generator.extremeBytes(count: artifact.network.imageBytes)
            let expected = try Self.layers(artifact, .scalar, image)
            for tier in ISATier.supported {
                let place = "seed \(seed), width \(width), size \(size), \(tier)"
                if tier != .scalar {
                    let found = try Self.layers(artifact, tier, image)
                    let wrong = expected.indices.first { found[$0] != expected[$0] }
                    #expect(wrong == nil, "\(place), layer \(wrong ?? -1)")
                }
                let wrong = try Self.firstWrongStage(artifact, tier, image, expected)
                #expect(wrong == nil, "\(place), stage \(wrong ?? "")")
            }
        }
    }

    /// Outputs of all layers and the features, layer by layer.
    private static func layers(
        _ artifact: BackboneArtifact, _ tier: ISATier, _ image: [UInt8]
    ) throws -> [[UInt8]] {
        let replica = BackboneReplica(try BackbonePlan(artifact, tier: tier))
        var outputs: [[UInt8]] = []
        var features = [UInt8](repeating: 0, count: artifact.network.featureCount)
        image.withUnsafeBufferPointer { image in
            features.withUnsafeMutableBufferPointer { features in
                replica.extractFeatures(image: image, into: features) { outputs.append(Array($1)) }
            }
        }
        return outputs + [features]
    }

    /// The first stage of the fused path whose output differs from the layers' or writes another feature.
    private static func firstWrongStage(
        _ artifact: BackboneArtifact, _ tier: ISATier, _ image: [UInt8], _ expected: [[UInt8]]
    ) throws -> String? {
        let replica = BackboneReplica(try BackbonePlan(artifact, tier: tier))
        let stages = replica.stages
        var features = [UInt8](repeating: 0, count: artifact.network.featureCount)
        var wrong: String?
        image.withUnsafeBufferPointer { image in
            features.withUnsafeMutableBufferPointer { features in
                replica.runStages(image: image, into: features) { stage, output in
                    guard wrong == nil else { return }
                    let layer = stages[stage].layers.last
                    let isSigned = layer.map { artifact.network.layers[$0].outputType == .s8 } ?? false
                    let flip: UInt8 = isSigned ? 0x80 : 0
                    let wanted = expected[layer ?? expected.count - 1]
                    if !output.lazy.map({ $0 ^ flip }).elementsEqual(wanted) { wrong = stages[stage].name }
                }
            }
        }
        return wrong
    }

    @Test func keepsTheActivationMemoryOfAReplicaSmall() throws {
        for width in [35, 100, 140] {
            let artifact = try RandomBackbone.make(widthPercent: width, inputSize: 224, seed: 1)
            let replica = BackboneReplica(try BackbonePlan(artifact))
            #expect(replica.scratchBytes < 2 << 20, "width \(width): \(replica.scratchBytes) bytes")
        }
    }

    @Test func letsTheCallerAlterALayersOutput() throws {
        let seed: UInt64 = 41
        var generator = SeededRandom(seed: seed)
        let artifact = try RandomBackbone.make(widthPercent: 35, inputSize: 64, seed: seed, poolShift: 3)
        let images = (0..<2).map { _ in generator.extremeBytes(count: artifact.network.imageBytes) }
        // The projection of a stride-2 block: all that follows sees the image through it alone.
        let neck = try #require(artifact.network.layers.firstIndex { $0.name == "b03.project" })
        for tier in ISATier.supported {
            let replica = BackboneReplica(try BackbonePlan(artifact, tier: tier))
            func features(
                _ image: [UInt8], _ change: (Int, UnsafeMutableBufferPointer<UInt8>) -> Void
            ) -> [UInt8] {
                var features = [UInt8](repeating: 0, count: artifact.network.featureCount)
                image.withUnsafeBufferPointer { image in
                    features.withUnsafeMutableBufferPointer { features in
                        replica.extractFeatures(image: image, into: features, transform: change)
                    }
                }
                return features
            }
            let plain = images.map { features($0) { _, _ in } }
            #expect(plain == images.map { replica.features(of: $0) }, "seed \(seed), \(tier)")
            var seen: [[UInt8]] = []
            let altered = images.map { image in
                features(image) { layer, output in
                    if layer == neck {
                        for element in output.indices {
                            output[element] = UInt8(truncatingIfNeeded: element * 37)
                        }
                    }
                    if layer == neck + 1 { seen.append(Array(output)) }
                }
            }
            #expect(altered[0] == altered[1] && seen[0] == seen[1], "seed \(seed), \(tier)")
            #expect(altered[0] != plain[0], "seed \(seed), \(tier): the change went unseen")
        }
    }
}
