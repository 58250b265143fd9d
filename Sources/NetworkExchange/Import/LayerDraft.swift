/// One convolution as a file gives it, before the width is known.
struct LayerDraft {
    /// Name of the weight tensor, for messages.
    let tensor: String
    /// `[outputChannels, inputChannelsPerGroup, kernelSize, kernelSize]`.
    let shape: [Int]
    /// Finite.
    var weights: [Float]
    /// Finite; `[outputChannels]`.
    var bias: [Float]
    /// Where rows and columns of zeros are put around an image of even size.
    var padding = Padding.around

    /// Sides on which a 3x3 convolution pads.
    enum Padding: Sendable {
        /// One row and column on every side, as PyTorch pads.
        case around
        /// At stride 2, one row below and one column on the right, as TensorFlow pads (SAME).
        case behind
    }

    /// Output channels.
    var channels: Int { shape[0] }

    /// Turns every kernel by 180 degrees.
    mutating func turn() {
        let count = shape[2] * shape[3]
        for start in stride(from: 0, to: weights.count, by: count) {
            weights[start..<start + count].reverse()
        }
    }

    /// Scales and shifts every output channel as the normalisation would.
    ///
    /// - Rounding: in `Double`, once to `Float` at the end.
    mutating func fold(_ normalization: BatchNormalization) throws(NetworkImportError) {
        let count = weights.count / channels
        for channel in 0..<channels {
            let factor = try normalization.factor(channel)
            for index in channel * count..<(channel + 1) * count {
                weights[index] = Float(Double(weights[index]) * factor)
            }
            let centred = Double(bias[channel]) - Double(normalization.mean[channel])
            bias[channel] = Float(centred * factor + Double(normalization.shift[channel]))
        }
    }

    /// Scales and shifts every output channel.
    ///
    /// - Rounding: in `Double`, once to `Float` at the end.
    mutating func fold(_ line: ChannelLine) {
        let count = weights.count / channels
        for channel in 0..<channels {
            for index in channel * count..<(channel + 1) * count {
                weights[index] = Float(Double(weights[index]) * line.scale[channel])
            }
            bias[channel] = Float(Double(bias[channel]) * line.scale[channel] + line.shift[channel])
        }
    }
}

/// Statistics and affine part of a batch normalisation, each `[channels]` and finite.
struct BatchNormalization {
    var scale: [Float]
    var shift: [Float]
    var mean: [Float]
    var variance: [Float]
    var epsilon: Double
    /// Name of the variance tensor, for messages.
    var varianceTensor: String

    /// What a channel is multiplied by.
    func factor(_ channel: Int) throws(NetworkImportError) -> Double {
        let sum = Double(variance[channel]) + epsilon
        guard sum > 0 else { throw .illegalVariance(tensor: varianceTensor, index: channel) }
        return Double(scale[channel]) / sum.squareRoot()
    }
}

/// The final layer as a file gives it, `[classes, features]`.
struct ClassifierDraft {
    let tensor: String
    let classes: Int
    let features: Int
    var weights: [Float]
    var bias: [Float]

    /// Scales and shifts every feature before the layer.
    ///
    /// - Rounding: in `Double`, once to `Float` at the end.
    mutating func fold(_ line: ChannelLine) {
        for row in 0..<classes {
            var sum = Double(bias[row])
            for feature in 0..<features {
                let index = row * features + feature
                sum += Double(weights[index]) * line.shift[feature]
                weights[index] = Float(Double(weights[index]) * line.scale[feature])
            }
            bias[row] = Float(sum)
        }
    }
}
