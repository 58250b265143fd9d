import QuantizedTensors

/// Chooses shifts and biases layer by layer and carries the calibration images along.
struct LayerCalibrator {
    /// Mean colour of photographs, which the stem pads with.
    static let inputMean: [UInt8] = [124, 116, 104]

    private let network: NetworkDescription
    /// Outputs per layer and image, `[layer][image]`; emptied when no later layer reads them.
    private var outputs: [[[UInt8]]] = []
    private let images: [[UInt8]]

    /// Where a layer's output shall lie, in output codes.
    private struct Target {
        /// Wanted standard deviation; powers of two bring it within a factor of the square root of two.
        let deviation: Int64
        /// Wanted mean before saturation, in eighths of a standard deviation.
        let meanEighths: Int64

        init(_ layer: NetworkLayer) {
            switch layer.kind {
            // Mostly above zero: nearly linear layers lose little over fifty of them.
            case .stem, .expand, .depthwise: (deviation, meanEighths) = (48, 14)
            // Branches stay small against the identity they are added to.
            case .project: (deviation, meanEighths) = (layer.residualSource == nil ? 32 : 12, 0)
            // The features shall be selective, and the pool brings their range down.
            case .last: (deviation, meanEighths) = (128, -4)
            }
        }
    }

    /// Starts with the images themselves.
    init(network: NetworkDescription, images: [[UInt8]]) {
        self.network = network
        self.images = images
    }

    /// Chooses the numbers of layer `index` and computes its outputs; layers come in execution order.
    mutating func calibrate(_ index: Int, weights: [Int8]) -> LayerParameters {
        precondition(index == outputs.count, "layers are calibrated in execution order")
        let layer = network.layers[index]
        let inputs = index == 0 ? images : outputs[index - 1]
        var statistics = ChannelStatistics()
        for input in inputs {
            let sums = ReferenceBackbone.convolve(layer, weights, input, padding: Self.inputMean)
            statistics.add(sums, channels: layer.output.channels)
        }
        let parameters = Self.parameters(layer, weights, statistics)
        // The accumulators are computed again rather than kept: they would take four times the memory.
        outputs.append(
            inputs.indices.map { image in
                let sums = ReferenceBackbone.convolve(layer, weights, inputs[image], padding: Self.inputMean)
                let residual = layer.residualSource.map { outputs[$0][image] }
                return ReferenceBackbone.requantize(layer, parameters, sums, residual: residual)
            }
        )
        for earlier in outputs.indices.dropLast() where !isRead(earlier, after: index) {
            outputs[earlier] = []
        }
        return parameters
    }

    /// The smallest shift that clips at most a thousandth of the calibration images' features.
    func poolShift() -> UInt8 {
        precondition(outputs.count == network.layers.count, "the pool is calibrated last")
        let last = outputs[outputs.count - 1]
        for shift in Pooling.shifts.dropLast() {
            let clipped = last.reduce(0) { count, output in
                count
                    + ReferenceBackbone.pool(output, shape: network.pooledShape, shift: shift)
                    .count { $0 == 255 }
            }
            if clipped * 1000 <= last.count * network.featureCount { return shift }
        }
        return Pooling.shifts.upperBound
    }

    private func isRead(_ layer: Int, after index: Int) -> Bool {
        network.layers.indices.contains { later in
            later > index && (later - 1 == layer || network.layers[later].residualSource == layer)
        }
    }

    private static func parameters(
        _ layer: NetworkLayer,
        _ weights: [Int8],
        _ statistics: ChannelStatistics
    ) -> LayerParameters {
        let target = Target(layer)
        let count = layer.weightsPerChannel
        var bias: [Int32] = []
        var shift: [UInt8] = []
        for channel in 0..<layer.output.channels {
            let energy = weights[channel * count..<(channel + 1) * count].reduce(UInt64(0)) {
                $0 + UInt64(Int64($1) * Int64($1))
            }
            // As if the inputs varied by two codes at least: a constant channel is not amplified without end.
            let floor = max(1, 2 * Int64(ChannelStatistics.squareRoot(energy)))
            let deviation = max(floor, statistics.deviation(channel))
            var chosen: UInt8 = 0
            while chosen < Requantization.shiftMax,
                deviation * deviation > 2 * target.deviation * target.deviation << Int64(2 * chosen)
            {
                chosen += 1
            }
            let limit = Int64(LayerParameters.biasMagnitudeMax)
            let wanted = target.meanEighths * deviation / 8 - statistics.mean(channel)
            bias.append(Int32(min(max(wanted, -limit), limit)))
            shift.append(chosen)
        }
        return LayerParameters(weights: weights, bias: bias, shift: shift)
    }
}
