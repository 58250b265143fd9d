internal import HardenedBackbone
internal import QuantizedTensors

/// Scale exponents of every activation, consistent with the shifts: a code of layer `l` is worth
/// `2^-exponent[l]` units of 6/255.
///
/// The artefact's exponents are informative; where a residual fixes the difference of two exponents, the
/// shifts decide.
struct QDQScales {
    /// The largest magnitude that keeps every product of scales a normal float.
    private static let magnitudeMax = 30

    let exponents: [Int]

    init(_ artifact: BackboneArtifact) {
        let isUsable = artifact.activationExponents.allSatisfy { abs(Int($0)) <= Self.magnitudeMax }
        var exponents: [Int] = []
        for (index, layer) in artifact.network.layers.enumerated() {
            if let source = layer.residualSource {
                exponents.append(exponents[source] + Int(artifact.layers[index].residualShift))
            } else {
                exponents.append(isUsable ? Int(artifact.activationExponents[index]) : 0)
            }
        }
        self.exponents = exponents
    }

    /// `2^power`, exactly.
    static func power(_ power: Int) -> Float { Float(sign: .plus, exponent: power, significand: 1) }
}
