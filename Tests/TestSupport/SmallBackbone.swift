package import HardenedBackbone

/// A backbone of a tenth of the usual width over 32x32 images: all layer kinds, a few milliseconds an image.
package enum SmallBackbone {
    /// Initialised from `seed`, calibrated on four of ``photograph(_:bytes:)``.
    package static func make(seed: UInt64 = 1) throws -> BackboneArtifact {
        try BackboneInitialiser.make(
            widthPercent: 10, inputSize: 32, seed: seed,
            calibration: (0..<4).map { photograph($0, bytes: 32 * 32 * 3) })
    }

    /// The same with every other weight a sum of two powers of two near it.
    package static func sums(seed: UInt64 = 1) throws -> BackboneArtifact {
        let artifact = try make(seed: seed)
        let near: [Int8: Int8] = [2: 3, 4: 5, 8: 7, 16: 18, 32: 31, 64: 63]
        let layers = artifact.layers.map { parameters in
            let weights = parameters.weights.enumerated().map { index, weight -> Int8 in
                guard index % 2 == 0, weight != 0 else { return weight }
                let magnitude = near[Int8(weight.magnitude)] ?? Int8(weight.magnitude)
                return weight < 0 ? -magnitude : magnitude
            }
            return LayerParameters(
                weights: weights, bias: parameters.bias, shift: parameters.shift,
                residualShift: parameters.residualShift)
        }
        return try BackboneArtifact(
            network: artifact.network, inputMean: artifact.inputMean, poolShift: artifact.poolShift,
            layers: layers, activationExponents: artifact.activationExponents,
            preprocessing: artifact.preprocessing, description: "every other weight a sum")
    }

    /// Smooth waves of colour, different for every index.
    package static func photograph(_ index: Int, bytes: Int) -> [UInt8] {
        (0..<bytes).map { UInt8(truncatingIfNeeded: ($0 * (index % 7 + 1) / 3) ^ ($0 / (96 + index))) }
    }
}
