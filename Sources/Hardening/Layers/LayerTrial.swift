internal import HardenedBackbone
internal import QuantizedTensors

/// Hardens a single 1x1 layer on given inputs: the rounding without a network around it.
package enum LayerTrial {
    /// The error after every step against the float sums on the same inputs.
    ///
    /// - Parameters:
    ///   - weights: `[outputs][inputs]`, output codes for each input code.
    ///   - inputs: `[samples][inputs]` codes.
    package static func stages(
        weights: [[Double]], inputs: [[UInt8]], options: HardeningOptions = HardeningOptions()
    ) -> [HardeningReport.Stage] {
        let dimensions = weights[0].count
        let layer = NetworkLayer(
            name: "trial", kind: .project, input: TensorShape(height: 1, width: 1, channels: dimensions),
            output: TensorShape(height: 1, width: 1, channels: weights.count))
        let columns = (0..<dimensions).map { index in inputs.map { Int16($0[index]) } }
        let count = Double(inputs.count)
        let samples = InputSamples(
            count: inputs.count, dimensions: dimensions, columns: columns.flatMap(\.self),
            means: columns.map { $0.reduce(0.0) { $0 + Double($1) } / count })
        let targets = weights.map { row in
            inputs.map { input in row.indices.reduce(0.0) { $0 + row[$1] * Double(input[$1]) } }
        }
        return LayerHardener(
            layer,
            CodeNetwork.Layer(
                weights: weights.flatMap(\.self), bias: [Double](repeating: 0, count: weights.count)),
            kept: [], scale: 1, biasScale: 1, samples: samples,
            targets: LayerTargets(columns: targets, means: targets.map { $0.reduce(0, +) / count }),
            terms: options.terms.count(0), options: options, crew: .serial
        ).harden().stages
    }
}
