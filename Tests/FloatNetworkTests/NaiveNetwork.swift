import FloatNetwork
import HardenedBackbone
import QuantizedTensors
import TestSupport

/// The network by definition: one loop per index, in `Double`.
struct NaiveNetwork {
    let network: FloatNetwork

    /// Output of every layer, `[height, width, channels]`.
    func layers(_ image: [Float]) -> [[Double]] {
        var outputs: [[Double]] = []
        for (layer, numbers) in zip(network.network.layers, network.layers) {
            let input = outputs.last ?? image.map { Double($0) }
            var output = convolve(layer, numbers, input)
            if layer.kind != .project { output = output.map { min(max($0, 0), 6) } }
            if let source = layer.residualSource {
                output = zip(output, outputs[source]).map { $0 + $1 }
            }
            outputs.append(output)
        }
        return outputs
    }

    /// Means over all pixels of the last layer.
    func features(_ image: [Float]) -> [Double] {
        let shape = network.network.pooledShape
        let output = layers(image).last ?? []
        return (0..<shape.channels).map { channel in
            (0..<shape.pixelCount).reduce(0) { $0 + output[$1 * shape.channels + channel] }
                / Double(shape.pixelCount)
        }
    }

    /// The final layer over ``features(_:)``.
    func logits(_ image: [Float]) -> [Double]? {
        guard let classifier = network.classifier else { return nil }
        let features = features(image)
        return classifier.bias.indices.map { row in
            features.indices.reduce(Double(classifier.bias[row])) {
                $0 + features[$1] * Double(classifier.weights[row * features.count + $1])
            }
        }
    }

    private func convolve(
        _ layer: NetworkLayer, _ numbers: FloatNetwork.Layer, _ input: [Double]
    ) -> [Double] {
        let (size, depth) = (layer.kernelSize, layer.inputChannelsPerGroup)
        var output: [Double] = []
        for row in 0..<layer.output.height {
            for column in 0..<layer.output.width {
                for channel in 0..<layer.output.channels {
                    var sum = Double(numbers.bias[channel])
                    for index in 0..<depth {
                        let source = layer.kind == .depthwise ? channel : index
                        for tap in 0..<size * size {
                            let y = row * layer.stride + tap / size - size / 2
                            let x = column * layer.stride + tap % size - size / 2
                            guard (0..<layer.input.height).contains(y), (0..<layer.input.width).contains(x)
                            else { continue }
                            let weight = numbers.weights[(channel * depth + index) * size * size + tap]
                            sum +=
                                Double(weight) * input[layer.input.offset(row: y, column: x, channel: source)]
                        }
                    }
                    output.append(sum)
                }
            }
        }
        return output
    }
}

extension SeededRandom {
    /// A network whose layers neither die nor saturate everywhere.
    mutating func network(widthPercent: Int, inputSize: Int, classes: Int?) throws -> FloatNetwork {
        guard let description = NetworkDescription(widthPercent: widthPercent, inputSize: inputSize) else {
            throw IllegalShape()
        }
        var layers: [FloatNetwork.Layer] = []
        for layer in description.layers {
            let spread = (3 / Float(layer.weightsPerChannel)).squareRoot() * 1.4
            layers.append(
                .init(
                    weights: values(layer.weightCount, -spread...spread),
                    bias: values(layer.output.channels, layer.kind == .project ? -0.5...0.5 : 0...1)))
        }
        let features = description.featureCount
        let classifier = classes.map {
            FloatNetwork.Classifier(
                weights: values($0 * features, -0.2...0.2), bias: values($0, -1...1))
        }
        return try FloatNetwork(network: description, layers: layers, classifier: classifier)
    }

    /// `count` uniform numbers.
    mutating func values(_ count: Int, _ range: ClosedRange<Float>) -> [Float] {
        (0..<count).map { _ in Float.random(in: range, using: &self) }
    }

    struct IllegalShape: Error {}
}
