import QuantizedTensors

/// The layers of a MobileNetV2 feature extractor for one width multiplier and one input size.
///
/// - Shape: images are `[inputSize, inputSize, 3]` RGB bytes; the result is `[featureCount]` bytes.
/// - Source: MobileNetV2 (arXiv:1801.04381), table 2, with the usual divisible-by-8 channel rule.
public struct NetworkDescription: Hashable, Sendable {
    /// Legal width multipliers in percent.
    public static let widthPercents: ClosedRange<Int> = 10...200
    /// Legal input sizes in pixels; they are also multiples of 32.
    public static let inputSizes: ClosedRange<Int> = 32...512

    /// Width multiplier in percent: 100 for the original network.
    public let widthPercent: Int
    /// Rows and columns of the input image, in pixels.
    public let inputSize: Int
    /// The hardened layers in execution order.
    public let layers: [NetworkLayer]

    /// Describes the network; `nil` if the width or the size is not legal.
    ///
    /// - Range: `widthPercent` in `10...200`; `inputSize` in `32...512` and a multiple of 32.
    public init?(widthPercent: Int, inputSize: Int) {
        guard Self.widthPercents.contains(widthPercent), Self.inputSizes.contains(inputSize),
            inputSize.isMultiple(of: 32)
        else { return nil }
        self.widthPercent = widthPercent
        self.inputSize = inputSize
        layers = Self.layers(widthPercent: widthPercent, inputSize: inputSize)
    }

    /// Shape of the input image.
    public var inputShape: TensorShape { TensorShape(height: inputSize, width: inputSize, channels: 3) }

    /// Bytes of one input image.
    public var imageBytes: Int { inputShape.elementCount }

    /// Shape of the last layer's output, which the pool reads.
    public var pooledShape: TensorShape { layers[layers.count - 1].output }

    /// Bytes of one feature vector: 1280, or more for multipliers above 1.
    public var featureCount: Int { pooledShape.channels }

    /// Weights of all layers.
    public var weightCount: Int { layers.reduce(0) { $0 + $1.weightCount } }

    /// Multiply-accumulate operations per image, padding included.
    public var macCount: Int { layers.reduce(0) { $0 + $1.macCount } }

    /// Rounds a scaled channel count to a multiple of 8 without losing more than a tenth of it.
    ///
    /// - Rounding: to the nearest multiple of 8, half up; 8 more if that loses over a tenth; at least 8.
    package static func channels(_ count: Int, widthPercent: Int) -> Int {
        let hundredths = count * widthPercent
        let nearest = max(8, (hundredths + 400) / 800 * 8)
        return nearest * 1000 < hundredths * 9 ? nearest + 8 : nearest
    }

    /// One row of the paper's table 2: expansion factor, channels, repeats, first stride.
    private static let stages: [(expansion: Int, channels: Int, repeats: Int, stride: Int)] = [
        (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2),
        (6, 320, 1, 1),
    ]

    private static func layers(widthPercent: Int, inputSize: Int) -> [NetworkLayer] {
        var layers: [NetworkLayer] = []
        var shape = TensorShape(height: inputSize, width: inputSize, channels: 3)
        func append(
            _ name: String,
            _ kind: NetworkLayer.Kind,
            channels: Int,
            stride: Int = 1,
            residual: Int? = nil
        ) {
            let output = TensorShape(
                height: shape.height / stride,
                width: shape.width / stride,
                channels: channels
            )
            layers.append(
                NetworkLayer(
                    name: name,
                    kind: kind,
                    input: shape,
                    output: output,
                    stride: stride,
                    residualSource: residual
                )
            )
            shape = output
        }
        append("stem", .stem, channels: channels(32, widthPercent: widthPercent), stride: 2)
        var block = 0
        for stage in stages {
            let width = channels(stage.channels, widthPercent: widthPercent)
            for index in 0..<stage.repeats {
                let prefix = block < 10 ? "b0\(block)." : "b\(block)."
                let stride = index == 0 ? stage.stride : 1
                let source = layers.count - 1
                let keepsShape = stride == 1 && shape.channels == width && block > 0
                if stage.expansion > 1 {
                    append(prefix + "expand", .expand, channels: shape.channels * stage.expansion)
                }
                append(prefix + "depthwise", .depthwise, channels: shape.channels, stride: stride)
                append(
                    prefix + "project",
                    .project,
                    channels: width,
                    residual: keepsShape ? source : nil
                )
                block += 1
            }
        }
        append("last", .last, channels: channels(1280, widthPercent: max(100, widthPercent)))
        return layers
    }
}
