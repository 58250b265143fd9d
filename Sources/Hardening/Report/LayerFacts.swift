internal import HardenedBackbone
internal import QuantizedTensors

/// Counts over the finished numbers of a layer.
struct LayerFacts {
    let zeroShare: Double
    /// Terms that are ±1, ±2, ... ±64.
    let exponentCounts: [Int]
    let terms: Int
    let shifts: ClosedRange<Int>
    let accumulatorBits: Int

    init(_ layer: NetworkLayer, _ parameters: LayerParameters) {
        var counts = [Int](repeating: 0, count: 7)
        var zeros = 0
        for weight in parameters.weights {
            if weight == 0 { zeros += 1 }
            for term in WeightTerms(value: weight)?.terms ?? [] { counts[Int(term.code & 7)] += 1 }
        }
        terms = counts.reduce(0, +)
        exponentCounts = counts
        zeroShare = Double(zeros) / Double(parameters.weights.count)
        let values = parameters.shift.map(Int.init)
        shifts = (values.min() ?? 0)...(values.max() ?? 0)
        var magnitude: Int64 = 0
        let count = layer.weightsPerChannel
        for channel in 0..<layer.output.channels {
            let bound = AccumulatorBound(
                weights: parameters.weights[(channel * count)..<((channel + 1) * count)],
                input: layer.inputType, bias: parameters.bias[channel], shift: parameters.shift[channel],
                residualShift: layer.residualSource == nil ? nil : parameters.residualShift)
            magnitude = max(magnitude, -bound.lowest, bound.highest + 1)
        }
        // -2^n ... 2^n - 1 takes n + 1 bits.
        accumulatorBits = Int64.bitWidth - (magnitude - 1).leadingZeroBitCount + 1
    }
}
