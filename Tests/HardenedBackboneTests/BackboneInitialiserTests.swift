import Artifacts
import HardenedBackbone
import QuantizedTensors
import Testing
import TestSupport

/// Untrained backbones: the same on every machine, alive in every layer, and informative.
@Suite struct BackboneInitialiserTests {
    /// Stripes at one of four angles, with random phase, period, colours and noise.
    private static func stripes(_ angle: Int, size: Int, _ generator: inout SeededRandom) -> [UInt8] {
        let direction = [(4, 0), (3, 3), (0, 4), (3, -3)][angle]
        let period = Int.random(in: 28...44, using: &generator)
        let phase = Int.random(in: 0..<period, using: &generator)
        let dark = (0..<3).map { _ in Int.random(in: 0..<100, using: &generator) }
        let light = (0..<3).map { _ in Int.random(in: 140..<240, using: &generator) }
        var image: [UInt8] = []
        for y in 0..<size {
            for x in 0..<size {
                let position = (x * direction.0 + y * direction.1 + phase + 100 * period) % period
                let colour = 2 * position < period ? dark : light
                for channel in 0..<3 {
                    image.append(UInt8(colour[channel] + Int.random(in: 0..<16, using: &generator)))
                }
            }
        }
        return image
    }

    private static func sample(
        widthPercent: Int = 35,
        size: Int = 64,
        seed: UInt64 = 7,
        images: Int = 8
    ) throws -> (artifact: BackboneArtifact, calibration: [[UInt8]]) {
        var generator = SeededRandom(seed: 1)
        let calibration = (0..<images).map { stripes($0 % 4, size: size, &generator) }
        let artifact = try BackboneInitialiser.make(
            widthPercent: widthPercent,
            inputSize: size,
            seed: seed,
            calibration: calibration
        )
        return (artifact, calibration)
    }

    @Test func givesEqualDigestsForEqualArguments() throws {
        let first = try Self.sample(widthPercent: 10, size: 32).artifact
        #expect(try Self.sample(widthPercent: 10, size: 32).artifact.digest == first.digest)
        #expect(try Self.sample(widthPercent: 10, size: 32, seed: 8).artifact.digest != first.digest)
        #expect(try Self.sample(widthPercent: 10, size: 32, images: 7).artifact.digest != first.digest)
        #expect(try BackboneArtifact(decoding: first.encoded()) == first)
    }

    /// The pinned digest changes whenever the recipe does, and would differ on a machine that computes
    /// otherwise. Its images are arithmetic, so that no library's random numbers enter.
    @Test func givesThePinnedDigest() throws {
        let calibration = (0..<4).map { (image: Int) -> [UInt8] in
            (0..<3072).map { (index: Int) -> UInt8 in
                let wave: Int = index * index / 7 + index * (image + 3)
                return UInt8((wave + image * 97) % 256)
            }
        }
        let artifact = try BackboneInitialiser.make(
            widthPercent: 10,
            inputSize: 32,
            seed: 1,
            calibration: calibration
        )
        #expect(artifact.digest.hex == "d78e608aa53a0c6be951b4067350a7273b8fa535046c9603538cc1203bc1520f")
    }

    @Test func keepsEveryLayerAliveAndUnsaturated() throws {
        let (artifact, calibration) = try Self.sample()
        var outputs: [[UInt8]] = artifact.network.layers.map { _ in [] }
        for image in calibration {
            _ = ReferenceBackbone.run(artifact, image: image) { outputs[$0] += $1 }
        }
        for (layer, output) in zip(artifact.network.layers, outputs) {
            let channels = layer.output.channels
            let type = layer.outputType
            let clipped = output.count { type.value(of: $0) == type.range.upperBound }
            #expect(clipped * 20 < output.count, "\(layer.name) clips \(clipped) of \(output.count)")
            let dead = (0..<channels).filter { channel in
                let values = stride(from: channel, to: output.count, by: channels).lazy.map { output[$0] }
                return Set(values).count < 4
            }
            #expect(
                dead.count * 50 <= channels,
                "\(layer.name) has \(dead.count) dead of \(channels) channels"
            )
            guard type == .s8 else { continue }
            let mean = output.reduce(0) { $0 + Int(type.value(of: $1)) } / output.count
            #expect(abs(mean) <= 8, "\(layer.name) has mean \(mean)")
        }
    }

    @Test func recognisesNoisyCopiesByTheNearestFeatures() throws {
        let seed: UInt64 = 31
        var generator = SeededRandom(seed: seed)
        let replica = BackboneReplica(try BackbonePlan(try Self.sample().artifact))
        let images = (0..<24).map { Self.stripes($0 % 4, size: 64, &generator) }
        let known = images.map { replica.features(of: $0).map { Int($0) } }
        let right = images.indices.count { index in
            let noisy = images[index].map {
                UInt8(min(255, max(0, Int($0) + Int.random(in: -12...12, using: &generator))))
            }
            let found = replica.features(of: noisy).map { Int($0) }
            let distances = known.map { zip($0, found).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } }
            return distances.firstIndex(of: distances.min() ?? 0) == index
        }
        #expect(right >= 23, "seed \(seed): \(right) of 24")
    }

    @Test func survivesCalibrationOnConstantImages() throws {
        let flat = [[UInt8](repeating: 0, count: 3072), [UInt8](repeating: 0, count: 3072)]
        let artifact = try BackboneInitialiser.make(
            widthPercent: 10,
            inputSize: 32,
            seed: 1,
            calibration: flat
        )
        #expect(try BackboneArtifact(decoding: artifact.encoded()) == artifact)
    }

    @Test func refusesArgumentsOutOfRange() {
        func refusal(
            _ widthPercent: Int,
            _ size: Int,
            _ calibration: [[UInt8]]
        ) -> BackboneInitialisationError? {
            do {
                _ = try BackboneInitialiser.make(
                    widthPercent: widthPercent,
                    inputSize: size,
                    seed: 1,
                    calibration: calibration
                )
                return nil
            } catch { return error }
        }
        let image = [UInt8](repeating: 0, count: 3072)
        #expect(refusal(5, 32, [image]) == .illegalNetwork(widthPercent: 5, inputSize: 32))
        #expect(refusal(10, 33, [image]) == .illegalNetwork(widthPercent: 10, inputSize: 33))
        #expect(refusal(10, 32, []) == .wrongImageCount(found: 0))
        #expect(
            refusal(10, 32, [[UInt8]](repeating: image, count: 257)) == .wrongImageCount(found: 257)
        )
        #expect(
            refusal(10, 32, [image, [1]]) == .wrongImageSize(index: 1, found: 1, expected: 3072)
        )
    }
}
