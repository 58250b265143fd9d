import FloatNetwork
import HardenedBackbone
import Hardening
import Testing
import TestSupport

/// What every correction is worth.
@Suite struct StepTests {
    /// Inputs as behind ReLU: a few causes, many channels, half of them zero.
    private static func inputs(_ count: Int, channels: Int, seed: UInt64) -> [[UInt8]] {
        var generator = SeededRandom(seed: seed)
        let causes = channels / 4
        let mixing = (0..<channels).map { _ in (0..<causes).map { _ in generator.normal() } }
        let offsets = (0..<channels).map { _ in generator.normal() * 0.5 }
        return (0..<count).map { _ in
            let cause = (0..<causes).map { _ in generator.normal() }
            return (0..<channels).map { channel in
                var value = offsets[channel] + generator.normal() * 0.3
                for index in 0..<causes {
                    value += mixing[channel][index] * cause[index] / Float(causes).squareRoot()
                }
                return UInt8(min(max(value * 60, 0), 255))
            }
        }
    }

    private static func weights(_ outputs: Int, _ inputs: Int, seed: UInt64) -> [[Double]] {
        var generator = SeededRandom(seed: seed)
        return (0..<outputs).map { _ in (0..<inputs).map { _ in Double(generator.normal()) * 0.1 } }
    }

    /// The check that the quantisation design publishes for one layer on correlated ReLU activations.
    @Test func oneLayerGainsWhatTheDesignFound() throws {
        let inputs = Self.inputs(4_096, channels: 96, seed: 1)
        let stages = LayerTrial.stages(weights: Self.weights(32, 96, seed: 2), inputs: inputs)
        let found = stages.map { "\($0.name) \($0.outputSqnrDb)" }.joined(separator: ", ")
        func value(_ name: String) throws -> Double {
            try #require(stages.first { $0.name == name }).outputSqnrDb
        }
        let nearest = try value("nearest")
        #expect((9...14).contains(nearest), "\(found)")
        #expect(try value("bias") > nearest + 0.8, "\(found)")
        #expect(try value("feedback") > value("bias") + 1.5, "\(found)")
        #expect(try value("descent") > value("feedback") + 0.2, "\(found)")
        // Nothing lies upstream of a layer alone.
        #expect(try (value("upstream") - value("descent")).magnitude < 0.3, "\(found)")
    }

    @Test func fewerExponentsCostLittleDownToFour() throws {
        let inputs = Self.inputs(2_048, channels: 64, seed: 3)
        let weights = Self.weights(32, 64, seed: 4)
        let quality = [1, 2, 4, 7].map { exponents in
            var options = HardeningOptions()
            options.exponents = exponents
            return LayerTrial.stages(weights: weights, inputs: inputs, options: options).last?.outputSqnrDb
                ?? 0
        }
        #expect(quality[0] < quality[1] && quality[1] < quality[2], "\(quality)")
        #expect(quality[3] - quality[2] < 1.5, "\(quality)")
        #expect(quality[2] - quality[0] > 3, "\(quality)")
    }

    @Test func everyStepHelpsTheLayersOfANetwork() throws {
        let network = try SyntheticNetwork.make(seed: 1)
        let report = try Hardener.harden(network, calibration: SyntheticNetwork.images(64, seed: 2)).report
        let names = ["nearest", "bias", "feedback", "descent", "upstream"]
        let means = names.indices.map { stage in
            report.layers.reduce(0.0) { $0 + $1.stages[stage].outputSqnrDb } / Double(report.layers.count)
        }
        #expect(report.layers.allSatisfy { $0.stages.map(\.name) == names })
        #expect(means[1] > means[0] + 1, "\(means)")
        #expect(means[2] > means[1] + 0.3, "\(means)")
        #expect(means[3] > means[2] + 0.02, "\(means)")
        #expect(means[4] > means[3] + 0.15, "\(means)")
    }

    @Test func allStepsTogetherBringTheFeaturesClose() throws {
        let network = try SyntheticNetwork.make(seed: 1)
        let images = SyntheticNetwork.images(64, seed: 2)
        func features(_ steps: Set<HardeningStep>) throws -> Double {
            var options = HardeningOptions()
            options.steps = steps
            return try #require(
                try Hardener.harden(network, calibration: images, options: options).report.featureSqnrDb)
        }
        let none = try features([])
        let bias = try features([.bias])
        let all = try features(HardeningStep.standard)
        #expect(bias > none + 2, "none \(none), bias \(bias), all \(all)")
        #expect(all > bias + 1, "none \(none), bias \(bias), all \(all)")
        let equalised = try features(HardeningStep.standard.union([.equalise]))
        #expect(equalised > all - 2, "all \(all), equalised \(equalised)")
    }

    @Test func stepsThatAreNotTakenAreNotReported() throws {
        var options = HardeningOptions()
        options.steps = [.feedback]
        let report = try Hardener.harden(
            try SyntheticNetwork.make(seed: 1), calibration: SyntheticNetwork.images(8, seed: 2),
            options: options
        ).report
        #expect(report.layers[0].stages.map(\.name) == ["nearest", "feedback"])
        #expect(report.summary.hasSuffix("steps: feedback"))
    }
}
