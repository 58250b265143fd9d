import FloatNetwork
import HardenedBackbone
import QuantizedTensors

/// Writes a network as TensorFlow Lite in the styles that converters have, and in styles that they should not
/// have.
struct TFLiteWriter {
    enum Numbers: CaseIterable { case float, half, perChannel, perTensor }
    enum Padding { case same, around, behind }
    enum Pool { case mean, average }
    enum Classifier { case product, convolution }
    enum Clip { case fused, separate, byRange }

    struct Tensor {
        var name: String
        var shape: [Int]
        var type = 0
        var content: [UInt8] = []
        var scales: [Float] = []
        var zeros: [Int] = []
        var dimension = 0
        var extra: [Int: FlatWriter.Value] = [:]
        /// Fields of its buffer, instead of the content.
        var buffer: [Int: FlatWriter.Value]?
    }

    struct Operation {
        var code: Int
        var inputs: [Int]
        var outputs: [Int]
        var optionsKind = 0
        var options: [Int: FlatWriter.Value] = [:]
        var custom: String?
    }

    var numbers = Numbers.float
    var padding = Padding.same
    var pool = Pool.mean
    var classifier = Classifier.product
    var clip = Clip.fused
    var hasSoftmax = false
    var statesBiasScale = true
    var version = 3
    var graphCount = 1
    var text = "test writer"
    var tensors: [Tensor] = []
    var operations: [Operation] = []
    var inputs = [0]
    var outputs: [Int] = []

    /// Builds the graph of `network`; ``bytes(_:)`` writes it.
    mutating func build(_ network: FloatNetwork) {
        (tensors, operations) = ([], [])
        let size = network.network.inputSize
        var current = computed("image", [1, size, size, 3])
        var made: [Int] = []
        for (layer, layerNumbers) in zip(network.network.layers, network.layers) {
            current = convolution(layer, layerNumbers, current)
            if let source = layer.residualSource {
                current = add(
                    0, [made[source], current], "\(layer.name).add", tensors[current].shape, kind: 11)
            }
            made.append(current)
        }
        let channels = network.network.featureCount
        if pool == .mean {
            tensors.append(Tensor(name: "axes", shape: [2], type: 2, content: bytes([1, 2], 4)))
            current = add(
                40, [current, tensors.count - 1], "mean", [1, 1, 1, channels], kind: 27, [0: .byte(1)])
        } else {
            let side = size / 32
            current = add(
                1, [current], "mean", [1, 1, 1, channels], kind: 5,
                [0: .byte(1), 1: .int32(1), 2: .int32(1), 3: .int32(side), 4: .int32(side)])
        }
        if let numbers = network.classifier { current = classify(numbers, current) }
        outputs = [current]
    }

    /// The file, after `change` had its way.
    func bytes(_ change: (inout TFLiteWriter) -> Void = { _ in }) -> [UInt8] {
        var changed = self
        change(&changed)
        return changed.encoded()
    }

    private mutating func convolution(
        _ layer: NetworkLayer, _ numbers: FloatNetwork.Layer, _ input: Int
    ) -> Int {
        let (channels, kernel) = (layer.output.channels, layer.kernelSize)
        let isDepthwise = layer.kind == .depthwise
        var input = input
        if kernel == 3, padding != .same {
            let sides = padding == .behind && layer.stride == 2 ? [0, 1] : [1, 1]
            let shape = tensors[input].shape
            tensors.append(
                Tensor(
                    name: "\(layer.name).sides", shape: [4, 2], type: 2,
                    content: bytes([0, 0] + sides + sides + [0, 0], 4)))
            input = add(
                34, [input, tensors.count - 1], "\(layer.name).pad",
                [1, shape[1] + sides[0] + sides[1], shape[2] + sides[0] + sides[1], shape[3]], kind: 22)
        }
        let read = layer.inputChannelsPerGroup
        // Rows, columns, then inputs; or rows, columns, outputs.
        let values = (0..<channels * kernel * kernel * read).map { index -> Float in
            let (output, place, channel) =
                isDepthwise
                ? (index % channels, index / channels, 0)
                : (index / (kernel * kernel * read), index / read % (kernel * kernel), index % read)
            return numbers.weights[(output * read + channel) * kernel * kernel + place]
        }
        let weights = constant(
            "\(layer.name).w",
            isDepthwise ? [1, kernel, kernel, channels] : [channels, kernel, kernel, read],
            values, channels: channels, dimension: isDepthwise ? 3 : 0)
        let bias = self.bias("\(layer.name).b", numbers.bias)
        let window: [FlatWriter.Value] = [
            .byte(padding == .same || kernel == 1 ? 0 : 1), .int32(layer.stride), .int32(layer.stride),
        ]
        var options: [Int: FlatWriter.Value] = [0: window[0], 1: window[1], 2: window[2]]
        if isDepthwise { options[3] = .int32(1) }
        let clips = layer.kind != .project
        if clips, clip == .fused { options[isDepthwise ? 4 : 3] = .byte(3) }
        let side = layer.output.height
        let shape = [1, side, side, channels]
        let name = layer.name + (clips && clip == .separate ? ".linear" : "")
        let output = add(
            isDepthwise ? 4 : 3, [input, weights, bias], name, shape, kind: isDepthwise ? 2 : 1, options)
        if clips, clip == .separate { return add(21, [output], layer.name, shape) }
        if clips, clip == .byRange {
            tensors[output].scales = [6 / 255]
            tensors[output].zeros = [numbersAreSigned ? -128 : 0]
        }
        return output
    }

    private mutating func classify(_ numbers: FloatNetwork.Classifier, _ input: Int) -> Int {
        let classes = numbers.bias.count
        let features = numbers.weights.count / classes
        let isProduct = classifier == .product
        let weights = constant(
            "classifier.w", isProduct ? [classes, features] : [classes, 1, 1, features], numbers.weights,
            channels: classes, dimension: 0)
        let bias = self.bias("classifier.b", numbers.bias)
        var current = input
        if isProduct {
            current = add(
                9, [current, weights, bias], "classifier", [1, classes], kind: 8, [1: .byte(0)])
        } else {
            current = add(
                3, [current, weights, bias], "classifier", [1, 1, 1, classes], kind: 1,
                [1: .int32(1), 2: .int32(1)])
            current = add(43, [current], "squeezed", [1, classes], kind: 30)
        }
        return hasSoftmax ? add(25, [current], "softmax", [1, classes], kind: 9) : current
    }

    mutating func add(
        _ code: Int, _ inputs: [Int], _ name: String, _ shape: [Int], kind: Int = 0,
        _ options: [Int: FlatWriter.Value] = [:]
    ) -> Int {
        let output = computed(name, shape)
        operations.append(
            Operation(code: code, inputs: inputs, outputs: [output], optionsKind: kind, options: options))
        return output
    }
}
