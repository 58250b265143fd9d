internal import HardenedBackbone
internal import QuantizedTensors

/// Runs a ``FloatPlan`` on images, one at a time; one evaluator a thread.
///
/// All working memory is allocated once. Sums run in a fixed order in `Float`, so the same image gives the
/// same bits in every evaluator and on every machine.
public final class FloatEvaluator {
    /// What is evaluated.
    public let plan: FloatPlan

    /// Called after each layer with its index and its output, `[height, width, channels]`; the memory is
    /// reused, so copy what must stay.
    public typealias Observer = (_ layer: Int, _ output: UnsafeBufferPointer<Float>) -> Void

    private let input: UnsafeMutableBufferPointer<Float>
    private let patches: UnsafeMutableBufferPointer<Float>
    /// Outputs of stem, expand and last layers.
    private let expanded: UnsafeMutableBufferPointer<Float>
    /// Outputs of depthwise layers.
    private let filtered: UnsafeMutableBufferPointer<Float>
    /// Outputs of projections in turn: a block writes one while the other still holds what it read.
    private let bottlenecks: [UnsafeMutableBufferPointer<Float>]
    private let scores: UnsafeMutableBufferPointer<Float>

    /// Allocates working memory for `plan`.
    public init(_ plan: FloatPlan) {
        self.plan = plan
        let layers = plan.network.layers
        func buffer(_ kinds: [NetworkLayer.Kind]) -> UnsafeMutableBufferPointer<Float> {
            let counts = layers.filter { kinds.contains($0.kind) }.map(\.output.elementCount)
            return .allocate(capacity: counts.max() ?? 0)
        }
        input = .allocate(capacity: plan.network.imageBytes)
        patches = .allocate(capacity: layers[0].output.width * 27)
        expanded = buffer([.stem, .expand, .last])
        filtered = buffer([.depthwise])
        bottlenecks = [buffer([.project]), buffer([.project])]
        scores = .allocate(capacity: plan.classifier?.bias.count ?? 0)
    }

    /// Packs `network` and allocates working memory, for use on one thread.
    public convenience init(_ network: FloatNetwork) { self.init(FloatPlan(network)) }

    deinit {
        for buffer in [input, patches, expanded, filtered, scores] + bottlenecks { buffer.deallocate() }
    }

    /// Features of a normalised image: the mean over all pixels of the last layer's output.
    ///
    /// - Shape: `normalizedInput` is `[inputSize, inputSize, 3]`; the result `[featureCount]`.
    public func features(of normalizedInput: [Float], observe: Observer? = nil) -> [Float] {
        precondition(normalizedInput.count == input.count, "the image has inputSize * inputSize * 3 values")
        _ = input.update(fromContentsOf: normalizedInput)
        return run(observe)
    }

    /// Features of an image of bytes, normalised as the network asks.
    ///
    /// - Shape: `bytes` is `[inputSize, inputSize, 3]` RGB; the result `[featureCount]`.
    public func features(ofImage bytes: [UInt8], observe: Observer? = nil) -> [Float] {
        precondition(bytes.count == input.count, "the image has inputSize * inputSize * 3 bytes")
        for (index, byte) in bytes.enumerated() {
            input[index] = plan.byteValues[index % 3 * 256 + Int(byte)]
        }
        return run(observe)
    }

    /// Logits of a normalised image, or `nil` if the network has no final layer.
    public func logits(of normalizedInput: [Float], observe: Observer? = nil) -> [Float]? {
        logits(ofFeatures: features(of: normalizedInput, observe: observe))
    }

    /// Logits of an image of bytes, or `nil` if the network has no final layer.
    public func logits(ofImage bytes: [UInt8], observe: Observer? = nil) -> [Float]? {
        logits(ofFeatures: features(ofImage: bytes, observe: observe))
    }

    /// Logits of pooled features, or `nil` if the network has no final layer.
    ///
    /// - Shape: `features` is `[featureCount]`; the result `[classes]`.
    public func logits(ofFeatures features: [Float]) -> [Float]? {
        guard let classifier = plan.classifier else { return nil }
        precondition(features.count == classifier.depth, "the final layer reads featureCount values")
        features.withUnsafeBufferPointer {
            product(classifier, pixels: 1, clips: false, input: $0, residual: nil, output: scores)
        }
        return Array(scores.prefix(plan.classCount))
    }

    private func run(_ observe: Observer?) -> [Float] {
        var current = input
        var turn = 0
        for (index, layer) in plan.network.layers.enumerated() {
            let packed = plan.layers[index]
            let output: UnsafeMutableBufferPointer<Float>
            switch layer.kind {
            case .stem:
                output = expanded
                stem(layer, packed, output)
            case .expand, .last:
                output = expanded
                product(
                    packed, pixels: layer.output.pixelCount, clips: true, input: UnsafeBufferPointer(current),
                    residual: nil, output: output)
            case .depthwise:
                output = filtered
                filter(layer, packed, current, output)
            case .project:
                output = bottlenecks[turn]
                turn = 1 - turn
                product(
                    packed, pixels: layer.output.pixelCount, clips: false,
                    input: UnsafeBufferPointer(current),
                    residual: layer.residualSource == nil ? nil : bottlenecks[turn], output: output)
            }
            observe?(index, UnsafeBufferPointer(rebasing: output[..<layer.output.elementCount]))
            current = output
        }
        return pool(current)
    }

    private func stem(
        _ layer: NetworkLayer, _ packed: PackedFloatLayer, _ output: UnsafeMutableBufferPointer<Float>
    ) {
        guard let source = input.baseAddress, let window = patches.baseAddress else { return }
        let rowCount = layer.output.width * layer.output.channels
        for row in 0..<layer.output.height {
            FilterKernels.patches(layer, row: row, input: source, patches: window)
            product(
                packed, pixels: layer.output.width, clips: true, input: UnsafeBufferPointer(patches),
                residual: nil, output: UnsafeMutableBufferPointer(rebasing: output[(row * rowCount)...]))
        }
    }

    private func filter(
        _ layer: NetworkLayer, _ packed: PackedFloatLayer, _ input: UnsafeMutableBufferPointer<Float>,
        _ output: UnsafeMutableBufferPointer<Float>
    ) {
        packed.weights.withUnsafeBufferPointer { weights in
            packed.bias.withUnsafeBufferPointer { bias in
                guard let source = input.baseAddress, let target = output.baseAddress,
                    let weights = weights.baseAddress, let bias = bias.baseAddress
                else { return }
                FilterKernels.depthwise(layer, input: source, weights: weights, bias: bias, output: target)
            }
        }
    }

    private func product(
        _ packed: PackedFloatLayer, pixels: Int, clips: Bool, input: UnsafeBufferPointer<Float>,
        residual: UnsafeMutableBufferPointer<Float>?, output: UnsafeMutableBufferPointer<Float>
    ) {
        let shape = MatrixKernel.Operands(
            pixels: pixels, channels: packed.bias.count, depth: packed.depth, clips: clips)
        precondition(
            input.count >= pixels * shape.depth && output.count >= pixels * shape.channels,
            "working memory holds the largest layer")
        packed.weights.withUnsafeBufferPointer { weights in
            packed.bias.withUnsafeBufferPointer { bias in
                guard let source = input.baseAddress, let target = output.baseAddress,
                    let weights = weights.baseAddress, let bias = bias.baseAddress
                else { return }
                MatrixKernel.run(
                    shape, input: source, weights: weights, bias: bias,
                    residual: residual.flatMap { UnsafePointer($0.baseAddress) }, output: target)
            }
        }
    }

    private func pool(_ output: UnsafeMutableBufferPointer<Float>) -> [Float] {
        let shape = plan.network.pooledShape
        var sums = [Float](repeating: 0, count: shape.channels)
        for pixel in 0..<shape.pixelCount {
            for channel in 0..<shape.channels { sums[channel] += output[pixel * shape.channels + channel] }
        }
        let count = Float(shape.pixelCount)
        return sums.map { $0 / count }
    }
}
