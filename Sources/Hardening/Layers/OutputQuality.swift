internal import HardenedBackbone
internal import QuantizedTensors

/// How the hardened output of a layer compares with the float network's.
struct OutputQuality {
    /// Power of the float output over that of the difference, at the sampled pixels, after ReLU6.
    let sqnrDb: Double
    /// Share of all output bytes at the ends of their format, zero after ReLU6 not counted.
    let saturatedShare: Double

    init(
        _ network: NetworkDescription, _ index: Int, _ record: FloatRecord, exponent: Int,
        outputs: [[UInt8]], crew: WorkCrew
    ) {
        let layer = network.layers[index]
        let channels = layer.output.channels
        let pixels = layer.output.pixelCount
        let count = PixelSampling.count(images: outputs.count, pixels: pixels)
        let unit = CodeNetwork.unit * Double(sign: .plus, exponent: -exponent, significand: 1)
        let parts = crew.map(outputs.count) { image -> (signal: Double, noise: Double, saturated: Int) in
            let positions = PixelSampling.positions(image: image, layer: index, pixels: pixels, count: count)
            var (signal, noise) = (0.0, 0.0)
            for (sample, position) in positions.enumerated() {
                for channel in 0..<channels {
                    var real = Double(record.images[image].samples[index][sample * channels + channel])
                    if layer.outputType == .u8 { real = min(max(real, 0), 6) }
                    let byte = outputs[image][position * channels + channel]
                    let difference = real - Double(layer.outputType.value(of: byte)) * unit
                    signal += real * real
                    noise += difference * difference
                }
            }
            return (signal, noise, Self.saturated(outputs[image], layer.outputType))
        }
        sqnrDb = Decibels.ratio(
            parts.reduce(0.0) { $0 + $1.signal }, parts.reduce(0.0) { $0 + $1.noise })
        let saturated = parts.reduce(0) { $0 + $1.saturated }
        saturatedShare = Double(saturated) / Double(outputs.count * layer.output.elementCount)
    }

    private static func saturated(_ bytes: [UInt8], _ type: ActivationType) -> Int {
        switch type {
        case .u8: bytes.count { $0 == 255 }
        case .s8: bytes.count { $0 == 0x80 || $0 == 0x7F }
        }
    }
}
