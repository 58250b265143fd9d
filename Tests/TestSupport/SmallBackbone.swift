package import HardenedBackbone

/// A backbone of a tenth of the usual width over 32x32 images: all layer kinds, a few milliseconds an image.
package enum SmallBackbone {
    /// Initialised from `seed`, calibrated on four of ``photograph(_:bytes:)``.
    package static func make(seed: UInt64 = 1) throws -> BackboneArtifact {
        try BackboneInitialiser.make(
            widthPercent: 10, inputSize: 32, seed: seed,
            calibration: (0..<4).map { photograph($0, bytes: 32 * 32 * 3) })
    }

    /// Smooth waves of colour, different for every index.
    package static func photograph(_ index: Int, bytes: Int) -> [UInt8] {
        (0..<bytes).map { UInt8(truncatingIfNeeded: ($0 * (index % 7 + 1) / 3) ^ ($0 / (96 + index))) }
    }
}
