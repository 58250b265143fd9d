import HardenedBackbone
import QuantizedTensors
import Testing
import TestSupport

/// Backbones of random numbers that reach both saturations, all shifts near the useful one, and all codes.
enum RandomBackbone {
    static func network(widthPercent: Int, inputSize: Int) throws -> NetworkDescription {
        try #require(NetworkDescription(widthPercent: widthPercent, inputSize: inputSize))
    }

    static func make(
        widthPercent: Int,
        inputSize: Int,
        seed: UInt64,
        poolShift: UInt8 = 5,
        terms: Int = 1
    ) throws -> BackboneArtifact {
        var generator = SeededRandom(seed: seed)
        let network = try network(widthPercent: widthPercent, inputSize: inputSize)
        let layers = network.layers.map { parameters(for: $0, terms: terms, &generator) }
        return try BackboneArtifact(
            network: network,
            poolShift: poolShift,
            layers: layers,
            activationExponents: network.layers.map { _ in 0 },
            preprocessing: "none",
            description: "random numbers with seed \(seed)"
        )
    }

    private static func parameters(
        for layer: NetworkLayer,
        terms: Int,
        _ generator: inout SeededRandom
    ) -> LayerParameters {
        let magnitudes = WeightTerms.magnitudes(terms: terms).map { Int8($0) }
        var weights: [Int8] = []
        var bias: [Int32] = []
        var shift: [UInt8] = []
        let residualShift: Int8 = layer.residualSource == nil ? 0 : Int8.random(in: -2...1, using: &generator)
        for _ in 0..<layer.output.channels {
            let isExtreme = UInt8.random(in: 0..<16, using: &generator) == 0
            let channel = (0..<layer.weightsPerChannel).map { _ -> Int8 in
                if terms > 1, !isExtreme {
                    let magnitude = magnitudes.randomElement(using: &generator) ?? 0
                    return Bool.random(using: &generator) ? magnitude : -magnitude
                }
                let code =
                    isExtreme
                    ? [6, 14].randomElement(using: &generator) ?? 6
                    : UInt8.random(in: 0..<15, using: &generator)
                return code & 7 == 7 ? 0 : (code & 8 == 0 ? 1 : -1) << Int8(code & 7)
            }
            // A random walk over the weights sets the scale at which the output is neither 0 nor clipped.
            let energy = channel.reduce(0) { $0 + Int64($1) * Int64($1) } * 80 * 80
            var scale = 0
            while Int64(64 * 64) << Int64(2 * scale) < energy { scale += 1 }
            let nudged = scale + Int.random(in: -1...1, using: &generator)
            weights += channel
            shift.append(UInt8(min(max(nudged, residualShift < 0 ? 2 : 0), 19)))
            let spread = Int32(64) << Int32(scale)
            bias.append(Int32.random(in: -spread...spread, using: &generator))
        }
        return LayerParameters(weights: weights, bias: bias, shift: shift, residualShift: residualShift)
    }
}
