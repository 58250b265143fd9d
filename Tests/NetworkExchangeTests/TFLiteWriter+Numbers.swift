import FloatNetwork
import HardenedBackbone

extension TFLiteWriter {
    static let activationScale: Float = 0.05
    /// Not a sum of few powers of two, so that a wrong order of rounding shows.
    private static let scale: Float = 0.0123

    /// Weights of channel `index` are multiples of this, from a zero point.
    func scale(_ index: Int) -> Float {
        numbers == .perTensor ? Self.scale : Self.scale / Float(index % 5 + 1)
    }

    var numbersAreSigned: Bool { numbers == .perChannel }
    private var isQuantised: Bool { numbers == .perChannel || numbers == .perTensor }
    private var zero: Int { numbers == .perTensor ? 121 : 0 }

    /// `network` with every number replaced by one that a file of these numbers can hold.
    func held(_ network: FloatNetwork) throws -> FloatNetwork {
        guard isQuantised else { return network }
        func weights(_ values: [Float], channels: Int) -> [Float] {
            let count = values.count / channels
            return values.enumerated().map { index, value in
                let scale = scale(index / count)
                let integer = Int((value / scale).rounded())
                return product(scale, max(-120, min(120, integer)))
            }
        }
        func biases(_ values: [Float]) -> [Float] {
            values.enumerated().map { index, value in
                let scale = scale(index) * Self.activationScale
                return product(scale, Int((value / scale).rounded()))
            }
        }
        return try FloatNetwork(
            network: network.network,
            layers: network.layers.map {
                .init(weights: weights($0.weights, channels: $0.bias.count), bias: biases($0.bias))
            },
            classifier: network.classifier.map {
                .init(weights: weights($0.weights, channels: $0.bias.count), bias: biases($0.bias))
            })
    }

    private func product(_ scale: Float, _ integer: Int) -> Float { Float(Double(scale) * Double(integer)) }

    func bytes(_ values: [Int], _ size: Int) -> [UInt8] {
        values.flatMap { FlatWriter.littleEndian($0, size) }
    }

    /// A tensor that an operation makes, or the image.
    mutating func computed(_ name: String, _ shape: [Int]) -> Int {
        var tensor = Tensor(name: name, shape: shape)
        if isQuantised {
            tensor.type = numbersAreSigned ? 9 : 3
            (tensor.scales, tensor.zeros) = ([Self.activationScale], [7])
        }
        tensors.append(tensor)
        return tensors.count - 1
    }

    mutating func constant(
        _ name: String, _ shape: [Int], _ values: [Float], channels: Int, dimension: Int
    ) -> Int {
        var tensor = Tensor(name: name, shape: shape)
        switch numbers {
        case .float: tensor.content = bytes(values.map { Int($0.bitPattern) }, 4)
        case .half:
            (tensor.type, tensor.content) = (1, bytes(values.map { Self.half($0) }, 2))
        case .perChannel, .perTensor:
            tensor.type = numbersAreSigned ? 9 : 3
            let run = dimension == 0 ? values.count / channels : 1
            tensor.content = values.enumerated().map { index, value in
                UInt8(truncatingIfNeeded: Int((value / scale(index / run % channels)).rounded()) + zero)
            }
            tensor.scales = numbersAreSigned ? (0..<channels).map(scale) : [scale(0)]
            tensor.zeros = [Int](repeating: zero, count: tensor.scales.count)
            tensor.dimension = dimension
        }
        tensors.append(tensor)
        guard numbers == .half else { return tensors.count - 1 }
        // What the kernels read is the same in float32.
        return add(6, [tensors.count - 1], "\(name).wide", shape)
    }

    mutating func bias(_ name: String, _ values: [Float]) -> Int {
        guard isQuantised else {
            return constant(name, [values.count], values, channels: values.count, dimension: 0)
        }
        var tensor = Tensor(name: name, shape: [values.count], type: 2)
        tensor.content = bytes(
            values.enumerated().map { index, value in
                Int((value / (scale(index) * Self.activationScale)).rounded())
            }, 4)
        if statesBiasScale {
            let count = numbersAreSigned ? values.count : 1
            tensor.scales = (0..<count).map { scale($0) * Self.activationScale }
            tensor.zeros = [Int](repeating: 0, count: count)
        }
        tensors.append(tensor)
        return tensors.count - 1
    }

    /// Binary16 of a number that it holds exactly.
    private static func half(_ value: Float) -> Int {
        guard value != 0 else { return 0 }
        let bits = Int(value.bitPattern)
        return bits >> 16 & 0x8000 | ((bits >> 23 & 255) - 112) << 10 | bits >> 13 & 1023
    }

    /// The file as it is.
    func encoded() -> [UInt8] {
        var buffers: [[Int: FlatWriter.Value]] = [[:]]
        var kinds: [[Int: FlatWriter.Value]] = []
        let tensors = tensors.map { tensor -> [Int: FlatWriter.Value] in
            var fields: [Int: FlatWriter.Value] = [
                0: .int32s(tensor.shape), 1: .byte(tensor.type), 3: .text(tensor.name),
            ]
            if !tensor.content.isEmpty || tensor.buffer != nil {
                fields[2] = .int32(buffers.count)
                buffers.append(tensor.buffer ?? [0: .list(tensor.content, size: 1)])
            }
            if !tensor.scales.isEmpty {
                fields[4] = .table([
                    2: .reals(tensor.scales), 3: .int64s(tensor.zeros), 6: .int32(tensor.dimension),
                ])
            }
            return fields.merging(tensor.extra) { $1 }
        }
        let operations = operations.map { operation -> [Int: FlatWriter.Value] in
            var kind: [Int: FlatWriter.Value] = [
                0: .byte(min(operation.code, 127)), 2: .int32(1), 3: .int32(operation.code),
            ]
            if let custom = operation.custom { kind[1] = .text(custom) }
            kinds.append(kind)
            var fields: [Int: FlatWriter.Value] = [
                0: .int32(kinds.count - 1), 1: .int32s(operation.inputs), 2: .int32s(operation.outputs),
            ]
            if operation.optionsKind > 0 {
                (fields[3], fields[4]) = (.byte(operation.optionsKind), .table(operation.options))
            }
            return fields
        }
        let graph: [Int: FlatWriter.Value] = [
            0: .tables(tensors), 1: .int32s(inputs), 2: .int32s(outputs), 3: .tables(operations),
        ]
        let root: [Int: FlatWriter.Value] = [
            0: .int32(version), 1: .tables(kinds),
            2: .tables([[Int: FlatWriter.Value]](repeating: graph, count: graphCount)), 3: .text(text),
            4: .tables(buffers),
        ]
        return FlatWriter(root: root).bytes
    }
}
