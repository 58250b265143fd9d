internal import HardenedBackbone
internal import QuantizedTensors

/// Chooses the scale exponent `a` of every layer's output: one code is worth `6/255 * 2^-a`.
enum ActivationScales {
    /// The exponents that are tried, the preferred one of equals first.
    static func candidates(_ type: ActivationType) -> [Int] {
        switch type {
        case .u8: [0, 1, 2, 3]
        case .s8: [0, -1, 1, -2, 2, -3, 3, -4, 4, -5, -6]
        }
    }

    /// Layers whose outputs share a scale: each bottleneck and those that are added to it.
    static func chains(_ network: NetworkDescription) -> [[Int]] {
        var chains: [[Int]] = []
        for (index, layer) in network.layers.enumerated() {
            if let source = layer.residualSource,
                let chain = chains.firstIndex(where: { $0.contains(source) })
            {
                chains[chain].append(index)
            } else {
                chains.append([index])
            }
        }
        return chains
    }

    /// The exponents with the least squared error of the float targets.
    static func choose(_ network: NetworkDescription, _ record: FloatRecord, crew: WorkCrew) -> [Int] {
        let errors = crew.map(network.layers.count) { index in
            let type = network.layers[index].outputType
            return candidates(type).map { exponent in
                record.images.reduce(0.0) { $0 + error(of: $1.samples[index], type, exponent: exponent) }
            }
        }
        var chosen = [Int](repeating: 0, count: network.layers.count)
        for chain in chains(network) {
            let candidates = candidates(network.layers[chain[0]].outputType)
            var best = (exponent: candidates[0], error: Double.infinity)
            for (position, exponent) in candidates.enumerated() {
                let error = chain.reduce(0.0) { $0 + errors[$1][position] }
                if error < best.error { best = (exponent, error) }
            }
            for layer in chain { chosen[layer] = best.exponent }
        }
        return chosen
    }

    /// The squared error of rounding and saturating `values` to codes, ReLU6 taken for granted.
    private static func error(of values: [Float], _ type: ActivationType, exponent: Int) -> Double {
        let unit = Float(CodeNetwork.unit) * Float(sign: .plus, exponent: -exponent, significand: 1)
        let inverse = 1 / unit
        var total = 0.0
        // Codes are truncated after an offset that makes them positive: half up, without a call.
        let zero: Float = type == .s8 ? 128 : 0
        for start in stride(from: 0, to: values.count, by: 1_024) {
            var error: Float = 0
            for index in start..<min(start + 1_024, values.count) {
                let value = type == .u8 ? min(max(values[index], 0), 6) : values[index]
                let code = Float(Int32(min(max(value * inverse + zero + 0.5, 0), 255.5))) - zero
                let difference = value - code * unit
                error += difference * difference
            }
            total += Double(error)
        }
        return total
    }
}
