internal import HardenedBackbone
internal import QuantizedTensors

/// The float network's output of one layer in output codes, without the hardened residual.
struct LayerTargets: Sendable {
    /// At the sampled pixels: `[channels][samples]`.
    let columns: [[Double]]
    /// Over all pixels: `[channels]`.
    let means: [Double]

    /// Targets that are known already.
    init(columns: [[Double]], means: [Double]) {
        self.columns = columns
        self.means = means
    }

    /// The targets of layer `index`; `residuals` are the hardened outputs that it adds, one an image.
    init(
        _ network: NetworkDescription, _ index: Int, _ record: FloatRecord, exponent: Int,
        residuals: [[UInt8]]?, crew: WorkCrew
    ) {
        let layer = network.layers[index]
        let channels = layer.output.channels
        let pixels = layer.output.pixelCount
        let perImage = PixelSampling.count(images: record.images.count, pixels: pixels)
        let scale = Double(sign: .plus, exponent: exponent, significand: 1) / CodeNetwork.unit
        let positions = record.images.indices.map { image in
            residuals == nil
                ? [] : PixelSampling.positions(image: image, layer: index, pixels: pixels, count: perImage)
        }
        columns = crew.map(channels) { channel in
            var column: [Double] = []
            column.reserveCapacity(record.images.count * perImage)
            for (image, part) in record.images.enumerated() {
                for sample in 0..<perImage {
                    var value = Double(part.samples[index][sample * channels + channel]) * scale
                    if let residual = residuals?[image] {
                        let byte = residual[positions[image][sample] * channels + channel]
                        value -= Double(Int8(bitPattern: byte))
                    }
                    column.append(value)
                }
            }
            return column
        }
        var means = record.meanTarget(index, pixels: pixels).map { $0 * scale }
        if let residuals {
            let sums = crew.map(residuals.count) { Self.sums(residuals[$0], channels: channels) }
            for sum in sums {
                for channel in 0..<channels {
                    means[channel] -= Double(sum[channel]) / Double(pixels * residuals.count)
                }
            }
        }
        self.means = means
    }

    private static func sums(_ bytes: [UInt8], channels: Int) -> [Int32] {
        var sums = [Int32](repeating: 0, count: channels)
        for start in stride(from: 0, to: bytes.count, by: channels) {
            for channel in 0..<channels { sums[channel] &+= Int32(Int8(bitPattern: bytes[start &+ channel])) }
        }
        return sums
    }
}
