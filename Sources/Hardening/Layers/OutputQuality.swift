internal import HardenedBackbone
internal import QuantizedTensors

/// How the hardened output of a layer compares with the float network's.
struct OutputQuality {
    /// Power of the float output over that of the difference, at the sampled pixels, after ReLU6.
    let sqnrDb: Double
    /// Share of all output bytes at the ends of their format, zero after ReLU6 not counted.
    let saturatedShare: Double
}

/// Compares a layer's hardened output with the float network's, image by image.
struct OutputComparison: Sendable {
    private let layer: NetworkLayer
    private let index: Int
    private let record: FloatRecord
    /// What one code of the output is worth.
    private let unit: Double

    /// What one image gives.
    struct Part: Sendable {
        var signal = 0.0
        var noise = 0.0
        var saturated = 0
    }

    init(_ network: NetworkDescription, _ index: Int, _ record: FloatRecord, exponent: Int) {
        layer = network.layers[index]
        self.index = index
        self.record = record
        unit = CodeNetwork.unit * Double(sign: .plus, exponent: -exponent, significand: 1)
    }

    /// The output of one image.
    func part(_ image: Int, _ output: [UInt8]) -> Part {
        let channels = layer.output.channels
        let pixels = layer.output.pixelCount
        let positions = PixelSampling.positions(
            image: image, layer: index, pixels: pixels,
            count: PixelSampling.count(images: record.images.count, pixels: pixels))
        var part = Part(saturated: Self.saturated(output, layer.outputType))
        for (sample, position) in positions.enumerated() {
            for channel in 0..<channels {
                var real = Double(record.images[image].samples[index][sample * channels + channel])
                if layer.outputType == .u8 { real = min(max(real, 0), 6) }
                let byte = output[position * channels + channel]
                let difference = real - Double(layer.outputType.value(of: byte)) * unit
                part.signal += real * real
                part.noise += difference * difference
            }
        }
        return part
    }

    /// All images together.
    func quality(_ parts: [Part]) -> OutputQuality {
        OutputQuality(
            sqnrDb: Decibels.ratio(
                parts.reduce(0.0) { $0 + $1.signal }, parts.reduce(0.0) { $0 + $1.noise }),
            saturatedShare: Double(parts.reduce(0) { $0 + $1.saturated })
                / Double(parts.count * layer.output.elementCount))
    }

    private static func saturated(_ bytes: [UInt8], _ type: ActivationType) -> Int {
        switch type {
        case .u8: bytes.count { $0 == 255 }
        case .s8: bytes.count { $0 == 0x80 || $0 == 0x7F }
        }
    }
}
