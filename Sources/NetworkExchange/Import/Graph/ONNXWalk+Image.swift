internal import FloatNetwork

extension ONNXWalk {
    /// A normalisation that the graph does itself, and the same in words.
    struct Colours {
        let normalization: FloatNetwork.Normalization
        let text: String
    }

    /// What the graph does with colours before the first convolution, as a mean and a spread of bytes / 255; `nil`
    /// if it does nothing, so that it reads colours that somebody else normalised.
    ///
    /// The result of normalisation is a few units wide, so the factor tells whether the graph reads 0...255 or
    /// 0...1.
    mutating func normalization(_ image: GraphImage) throws(NetworkImportError) -> Colours? {
        let start = graph.readers(of: current).first
        var line = try channelLine(behind: ["BatchNormalization"])
        if image.isBytes, line == nil { line = ChannelLine(channels: channels) }
        guard let line else { return nil }
        let isBytes = image.isBytes || line.scale.allSatisfy { abs($0) < 0.25 }
        guard isBytes || line.scale.allSatisfy({ abs($0) >= 0.25 }) else {
            throw unexpected(
                start ?? ONNXNode(), "one normalisation of all colours",
                "factors \(line.scale.map { Float($0) })")
        }
        let largest: Double = isBytes ? 255 : 1
        let mean = zip(line.shift, line.scale).map { round(-$0 / $1 / largest) }
        let spread = line.scale.map { round(1 / $0 / largest) }
        return Colours(
            normalization: .init(mean: mean, standardDeviation: spread),
            text: "normalises 0...\(Int(largest)) itself (mean \(list(mean)), std \(list(spread)))")
    }

    /// Without what float32 added to decimals: 0.5, not 0.49999997.
    private func round(_ value: Double) -> Float {
        let decimal = (value * 1e6).rounded() / 1e6
        return abs(decimal - value) <= 1e-7 * max(abs(value), 1) ? Float(decimal) : Float(value)
    }

    private func list(_ values: [Float]) -> String { values.map { "\($0)" }.joined(separator: ",") }
}
