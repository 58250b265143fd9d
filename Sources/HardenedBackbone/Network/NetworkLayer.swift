import QuantizedTensors

/// One hardened convolution layer of the network.
public struct NetworkLayer: Hashable, Sendable {
    /// What a layer does, which fixes kernel size, grouping and formats.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// 3x3, stride 2, over the raw RGB image; ReLU6.
        case stem
        /// 1x1 from a linear bottleneck; ReLU6.
        case expand
        /// 3x3, one filter per channel; ReLU6.
        case depthwise
        /// 1x1 to a linear bottleneck, with an optional residual input.
        case project
        /// The last 1x1 before the pool; ReLU6.
        case last
    }

    /// Name in the artefact and in every error: `stem`, `b00.depthwise`, `b01.expand`, ..., `last`.
    public let name: String
    /// What the layer does.
    public let kind: Kind
    /// Shape of the input of one image.
    public let input: TensorShape
    /// Shape of the output of one image.
    public let output: TensorShape
    /// 1 or 2.
    public let stride: Int
    /// Index of the layer whose output is added before requantisation, or `nil`.
    public let residualSource: Int?

    /// Describes one layer; ``NetworkDescription`` is where layers come from.
    package init(
        name: String,
        kind: Kind,
        input: TensorShape,
        output: TensorShape,
        stride: Int = 1,
        residualSource: Int? = nil
    ) {
        self.name = name
        self.kind = kind
        self.input = input
        self.output = output
        self.stride = stride
        self.residualSource = residualSource
    }

    /// 3 for the stem and depthwise layers, 1 for all others.
    public var kernelSize: Int {
        switch kind {
        case .stem, .depthwise: 3
        case .expand, .project, .last: 1
        }
    }

    /// Input channels that one output channel reads.
    public var inputChannelsPerGroup: Int { kind == .depthwise ? 1 : input.channels }

    /// Weights of one output channel.
    public var weightsPerChannel: Int { inputChannelsPerGroup * kernelSize * kernelSize }

    /// Weights of the layer.
    public var weightCount: Int { output.channels * weightsPerChannel }

    /// Multiply-accumulate operations per image, padding included.
    public var macCount: Int { output.pixelCount * weightCount }

    /// Format of the layer's input: only the 1x1 layers behind a bottleneck read signed bytes.
    public var inputType: ActivationType {
        switch kind {
        case .expand, .last: .s8
        case .stem, .depthwise, .project: .u8
        }
    }

    /// Format of the layer's output: signed after a linear bottleneck, else unsigned, ReLU6 clipping at 255.
    public var outputType: ActivationType { kind == .project ? .s8 : .u8 }
}
