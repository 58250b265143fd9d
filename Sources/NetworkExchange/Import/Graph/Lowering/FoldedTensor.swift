/// A constant's shape and numbers, while constants are worked out.
struct FoldedTensor {
    /// Real numbers of any precision, or integers of any width.
    enum Numbers {
        case reals([Float])
        case integers([Int64])
    }

    var shape: [Int]
    var numbers: Numbers

    /// How many numbers there are.
    var count: Int {
        switch numbers {
        case .reals(let values): values.count
        case .integers(let values): values.count
        }
    }

    /// The integers, or `nil` for real numbers.
    var integers: [Int64]? { if case .integers(let values) = numbers { values } else { nil } }

    /// The real numbers, or `nil` for integers.
    var reals: [Float]? { if case .reals(let values) = numbers { values } else { nil } }

    init(shape: [Int], numbers: Numbers) { (self.shape, self.numbers) = (shape, numbers) }

    /// The numbers of `tensor`.
    ///
    /// - Throws: the tensor cases of ``NetworkImportError``.
    init(_ tensor: ONNXTensor) throws(NetworkImportError) {
        shape = try tensor.shape()
        switch tensor.elementType {
        case ONNXType.float, ONNXType.double, ONNXType.float16, ONNXType.bfloat16:
            numbers = .reals(try tensor.floats())
        default: numbers = .integers(try tensor.integers())
        }
    }

    /// The same as a tensor of a graph: float32, or int64.
    func tensor(named name: String) -> ONNXTensor {
        var tensor = ONNXTensor(name: name)
        tensor.dimensions = shape.map { Int64($0) }
        switch numbers {
        case .reals(let values): (tensor.elementType, tensor.reals) = (ONNXType.float, .init(values))
        case .integers(let values): (tensor.elementType, tensor.integers64) = (ONNXType.int64, .init(values))
        }
        return tensor
    }

    /// The numbers at `places`, in that order.
    func picking(_ places: [Int], shape: [Int]) -> FoldedTensor {
        switch numbers {
        case .reals(let values): .init(shape: shape, numbers: .reals(places.map { values[$0] }))
        case .integers(let values): .init(shape: shape, numbers: .integers(places.map { values[$0] }))
        }
    }

    /// The same numbers with dimensions in another order, or `nil` if that is no order of them.
    func transposed(_ order: [Int]) -> FoldedTensor? {
        guard order.sorted() == Array(shape.indices) else { return nil }
        let strides = Self.strides(shape)
        return walking(order.map { shape[$0] }, strides: order.map { strides[$0] })
    }

    /// The numbers repeated to `shape`, or `nil` if they do not fit it.
    func broadcast(to target: [Int]) -> FoldedTensor? {
        if shape == target { return self }
        guard shape.count <= target.count else { return nil }
        let padded = [Int](repeating: 1, count: target.count - shape.count) + shape
        guard zip(padded, target).allSatisfy({ $0 == $1 || $0 == 1 }) else { return nil }
        return walking(target, strides: zip(Self.strides(padded), padded).map { $1 == 1 ? 0 : $0 })
    }

    /// What two shapes are repeated to when numbers are joined in pairs, or `nil` if they do not fit.
    static func common(_ first: [Int], _ second: [Int]) -> [Int]? {
        let rank = max(first.count, second.count)
        let left = [Int](repeating: 1, count: rank - first.count) + first
        let right = [Int](repeating: 1, count: rank - second.count) + second
        guard zip(left, right).allSatisfy({ $0 == $1 || $0 == 1 || $1 == 1 }) else { return nil }
        return zip(left, right).map { $0 == 1 ? $1 : $0 }
    }

    /// How far apart neighbours along each dimension are.
    private static func strides(_ shape: [Int]) -> [Int] {
        var strides = [Int](repeating: 1, count: shape.count)
        for index in shape.indices.dropLast().reversed() {
            strides[index] = strides[index + 1] * shape[index + 1]
        }
        return strides
    }

    /// A tensor of `target` whose neighbours along each dimension are `strides` apart here.
    private func walking(_ target: [Int], strides: [Int]) -> FoldedTensor {
        switch numbers {
        case .reals(let values): .init(shape: target, numbers: .reals(Self.walk(values, target, strides)))
        case .integers(let values):
            .init(shape: target, numbers: .integers(Self.walk(values, target, strides)))
        }
    }

    private static func walk<Number>(_ values: [Number], _ target: [Int], _ strides: [Int]) -> [Number] {
        let count = target.reduce(1, *)
        var result: [Number] = []
        result.reserveCapacity(count)
        var place = 0
        var counters = [Int](repeating: 0, count: target.count)
        for _ in 0..<count {
            result.append(values[place])
            // Like the wheels of a counter, the last dimension fastest.
            for wheel in target.indices.reversed() {
                counters[wheel] += 1
                place += strides[wheel]
                guard counters[wheel] == target[wheel] else { break }
                place -= strides[wheel] * target[wheel]
                counters[wheel] = 0
            }
        }
        return result
    }
}
