internal import FloatNetwork
internal import HardenedBackbone
internal import QuantizedTensors

/// What the float network does with the calibration images: the target of every layer.
///
/// A target is the layer's output before ReLU6, residual included, in real numbers.
struct FloatRecord: Sendable {
    /// What one image gives.
    struct Image: Sendable {
        /// Targets at the sampled pixels of each layer, `[samples, channels]`.
        var samples: [[Float]]
        /// Pooled features.
        let features: [Float]
        /// Logits; empty where there is no classifier.
        let logits: [Float]
    }

    var images: [Image] = []
    /// Sums of the targets over all pixels of all images, of each layer `[channels]`.
    var sums: [[Double]] = []

    /// Runs the float network on every image.
    static func make(
        _ network: FloatNetwork, _ calibration: [[UInt8]], crew: WorkCrew,
        progress: (HardeningProgress) -> Void
    ) -> FloatRecord {
        let plan = FloatPlan(network)
        var record = FloatRecord()
        // In blocks, so that there is progress to tell.
        let block = max(16, 4 * crew.workerCount)
        for first in stride(from: 0, to: calibration.count, by: block) {
            let part = calibration[first..<min(first + block, calibration.count)]
            let parts = crew.map(part.count, state: { FloatEvaluator(plan) }) { evaluator, index in
                image(network, evaluator, part[first + index], index: first + index, of: calibration.count)
            }
            for part in parts { record.add(part.image, sums: part.sums) }
            progress(.evaluated(images: record.images.count, count: calibration.count))
        }
        return record
    }

    /// The mean target of every channel over all pixels of all images.
    func meanTarget(_ layer: Int, pixels: Int) -> [Double] {
        sums[layer].map { $0 / Double(images.count * pixels) }
    }

    private mutating func add(_ image: Image, sums added: [[Double]]) {
        images.append(image)
        guard !sums.isEmpty else { return sums = added }
        for layer in sums.indices {
            for channel in sums[layer].indices { sums[layer][channel] += added[layer][channel] }
        }
    }

    private static func image(
        _ network: FloatNetwork, _ evaluator: FloatEvaluator, _ bytes: [UInt8], index: Int, of count: Int
    ) -> (image: Image, sums: [[Double]]) {
        var samples: [[Float]] = []
        var sums: [[Double]] = []
        var former = normalized(bytes, network.normalization)
        let features = evaluator.features(ofImage: bytes) { position, output in
            let layer = network.network.layers[position]
            let pixels = layer.output.pixelCount
            let positions = PixelSampling.positions(
                image: index, layer: position, pixels: pixels,
                count: PixelSampling.count(images: count, pixels: pixels))
            let target = LayerTarget(layer, network.layers[position])
            if layer.kind == .project {
                samples.append(LayerTarget.rows(positions, of: output, channels: layer.output.channels))
                sums.append(LayerTarget.columnSums(output, channels: layer.output.channels))
            } else {
                samples.append(target.samples(positions, former))
                sums.append(target.sums(former))
            }
            former = Array(output)
        }
        let logits = evaluator.logits(ofFeatures: features) ?? []
        return (Image(samples: samples, features: features, logits: logits), sums)
    }

    private static func normalized(
        _ bytes: [UInt8], _ normalization: FloatNetwork.Normalization
    ) -> [Float] {
        bytes.enumerated().map { index, byte in
            (Float(byte) / 255 - normalization.mean[index % 3]) / normalization.standardDeviation[index % 3]
        }
    }
}

/// Computes one layer's output before ReLU6 from its input, where the float evaluator gives it after.
struct LayerTarget {
    private let layer: NetworkLayer
    private let numbers: FloatNetwork.Layer
    private let reader: PatchReader<Float>

    init(_ layer: NetworkLayer, _ numbers: FloatNetwork.Layer) {
        self.layer = layer
        self.numbers = numbers
        reader = PatchReader(layer)
    }

    /// Targets at some pixels, `[positions, channels]`.
    func samples(_ positions: [Int], _ input: [Float]) -> [Float] {
        let channels = layer.output.channels
        var patch = [Float](repeating: 0, count: reader.count)
        var samples = [Float](repeating: 0, count: positions.count * channels)
        for (index, position) in positions.enumerated() {
            input.withUnsafeBufferPointer { input in
                patch.withUnsafeMutableBufferPointer { patch in
                    guard let input = input.baseAddress, let patch = patch.baseAddress else { return }
                    reader.read(position, from: input, into: patch)
                }
            }
            for channel in 0..<channels {
                samples[index * channels + channel] = value(channel, patch) + numbers.bias[channel]
            }
        }
        return samples
    }

    /// Sums of the targets over all pixels, `[channels]`.
    func sums(_ input: [Float]) -> [Double] {
        let patch = reader.sums(of: input)
        let pixels = Double(layer.output.pixelCount)
        return (0..<layer.output.channels).map { channel in
            var sum = pixels * Double(numbers.bias[channel])
            for index in 0..<layer.weightsPerChannel {
                let weight = Double(numbers.weights[channel * layer.weightsPerChannel + index])
                sum += weight * patch[element(index, of: channel)]
            }
            return sum
        }
    }

    private func value(_ channel: Int, _ patch: [Float]) -> Float {
        if layer.kind == .depthwise {
            var sum: Float = 0
            for index in 0..<9 {
                sum += numbers.weights[channel * 9 + index] * patch[element(index, of: channel)]
            }
            return sum
        }
        let count = layer.weightsPerChannel
        return numbers.weights.withUnsafeBufferPointer { weights in
            patch.withUnsafeBufferPointer { patch in
                FloatDot.dot(
                    UnsafeBufferPointer(rebasing: weights[(channel * count)...]), patch, count: count)
            }
        }
    }

    /// Which element of a patch weight `index` of a channel reads.
    private func element(_ index: Int, of channel: Int) -> Int {
        layer.kind == .depthwise ? index * layer.input.channels + channel : index
    }

    /// Some rows of `[pixels, channels]`.
    static func rows(_ positions: [Int], of output: UnsafeBufferPointer<Float>, channels: Int) -> [Float] {
        positions.flatMap { output[($0 * channels)..<(($0 + 1) * channels)] }
    }

    /// Sums over the rows of `[pixels, channels]`.
    static func columnSums(_ output: UnsafeBufferPointer<Float>, channels: Int) -> [Double] {
        var sums = [Double](repeating: 0, count: channels)
        for start in stride(from: 0, to: output.count, by: channels) {
            for channel in 0..<channels { sums[channel] += Double(output[start + channel]) }
        }
        return sums
    }
}

/// Dot products of floats in eight interleaved sums: one order of additions on every machine.
enum FloatDot {
    static func dot(
        _ left: UnsafeBufferPointer<Float>, _ right: UnsafeBufferPointer<Float>, count: Int
    ) -> Float {
        precondition(count <= left.count && count <= right.count, "the rows are shorter than count")
        var sums = SIMD8<Float>.zero
        let (leftBytes, rightBytes) = (UnsafeRawBufferPointer(left), UnsafeRawBufferPointer(right))
        let whole = count & ~7
        for index in stride(from: 0, to: whole, by: 8) {
            let offset = index * MemoryLayout<Float>.stride
            sums +=
                leftBytes.loadUnaligned(fromByteOffset: offset, as: SIMD8<Float>.self)
                * rightBytes.loadUnaligned(fromByteOffset: offset, as: SIMD8<Float>.self)
        }
        var sum = sums.sum()
        for index in whole..<count { sum += left[index] * right[index] }
        return sum
    }
}
