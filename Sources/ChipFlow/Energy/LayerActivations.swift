import ChipModel
import HardenedBackbone
import QuantizedTensors

/// The bytes between the layers of a network for one picture, by the numeric specification.
package struct LayerActivations: Sendable {
    private let network: NetworkDescription
    private let image: [UInt8]
    /// Colour outside the picture, which the stem reads there.
    private let inputMean: [UInt8]
    /// Output bytes of each layer, `[height, width, channels]`.
    private let outputs: [[UInt8]]

    /// Runs `image`, `[inputSize, inputSize, 3]` RGB bytes, through the reference.
    package init(_ artifact: BackboneArtifact, image: [UInt8]) {
        var outputs: [[UInt8]] = []
        _ = ReferenceBackbone.run(artifact, image: image) { outputs.append($1) }
        (network, inputMean) = (artifact.network, artifact.inputMean)
        (self.image, self.outputs) = (image, outputs)
    }

    /// What one channel reads and gives, pixel after pixel.
    package struct Stream: Sendable {
        /// Windows, laid out as ``LayerWindow`` says.
        package fileprivate(set) var windows: [[UInt8]] = []
        /// Residual bytes; empty without a residual.
        package fileprivate(set) var residuals: [UInt8] = []
        /// Output bytes.
        package fileprivate(set) var outputs: [UInt8] = []
    }

    /// `count` consecutive output pixels of a layer in raster order from the middle of the picture, at most all of
    /// them, behind `lead` pixels that come just before. A picture follows its like: before the first pixel comes
    /// the last.
    ///
    /// - Parameters:
    ///   - index: of the layer.
    ///   - channel: whose residual and output bytes are wanted.
    package func stream(_ index: Int, channel: Int, count: Int, lead: Int) -> Stream {
        let layer = network.layers[index]
        let (all, channels) = (layer.output.pixelCount, layer.output.channels)
        let counted = min(count, all)
        let first = (all - counted) / 2
        var stream = Stream()
        for number in -lead..<counted {
            let pixel = ((first + number) % all + all) % all
            stream.windows.append(window(index, pixel: pixel))
            stream.outputs.append(outputs[index][pixel * channels + channel])
            if let source = layer.residualSource {
                stream.residuals.append(outputs[source][pixel * channels + channel])
            }
        }
        return stream
    }

    /// The bytes that output pixel `pixel`, counted through rows, reads.
    private func window(_ index: Int, pixel: Int) -> [UInt8] {
        let layer = network.layers[index]
        let input = index == 0 ? image : outputs[index - 1]
        let depth = layer.input.channels
        guard layer.kernelSize == 3 else { return Array(input[pixel * depth..<(pixel + 1) * depth]) }
        let outside = layer.kind == .stem ? inputMean : [UInt8](repeating: 0, count: depth)
        let (row, column) = (pixel / layer.output.width, pixel % layer.output.width)
        return (0..<9).flatMap { tap -> [UInt8] in
            let y = row * layer.stride + tap / 3 - 1
            let x = column * layer.stride + tap % 3 - 1
            guard (0..<layer.input.height).contains(y), (0..<layer.input.width).contains(x) else {
                return outside
            }
            let start = layer.input.offset(row: y, column: x, channel: 0)
            return Array(input[start..<start + depth])
        }
    }
}
