internal import Artifacts

/// Takes tensors out of the runs of numbers of a PyTorch checkpoint.
struct StorageReader {
    let bytes: [UInt8]
    /// Where each storage's numbers are.
    let numbers: TorchCheckpoint.Numbers
    /// Bytes of all tensors so far.
    private var total = 0

    /// A reader of `bytes`.
    init(bytes: [UInt8], numbers: TorchCheckpoint.Numbers) {
        self.bytes = bytes
        self.numbers = numbers
    }

    /// PyTorch's classes of storages.
    private static func elementType(_ type: String) -> SafetensorsFile.ElementType? {
        switch type {
        case "FloatStorage": .f32
        case "DoubleStorage": .f64
        case "HalfStorage": .f16
        case "BFloat16Storage": .bf16
        case "LongStorage": .i64
        case "IntStorage": .i32
        case "ShortStorage": .i16
        case "CharStorage": .i8
        case "ByteStorage": .u8
        case "BoolStorage": .bool
        default: nil
        }
    }

    /// Bytes of a number in a storage of this class, if it is known.
    static func size(ofType type: String) -> Int? { elementType(type)?.byteCount }

    /// A tensor with its numbers in the order of its shape, whatever order they are stored in.
    ///
    /// - Throws: `checkpoint` for tensors that reach beyond their storage, repeat numbers, or are more than the file.
    mutating func tensor(
        _ name: String, _ tensor: PickledTensor
    ) throws(NetworkImportError) -> SafetensorsFile.Tensor {
        guard let type = Self.elementType(tensor.storage.type) else {
            throw .unsupportedElementType(tensor: name, found: tensor.storage.type)
        }
        guard let range = numbers[tensor.storage.key] else {
            throw .checkpoint(reason: "the numbers of tensor \(shown(name)) are missing")
        }
        let available = range.count / type.byteCount
        guard tensor.offset <= available else { throw beyond(name) }
        var (count, last) = (1, tensor.offset)
        for (size, stride) in zip(tensor.shape, tensor.strides) {
            // Factors are at most the file's size: no overflow.
            guard size <= available, stride <= available || size < 2 else { throw beyond(name) }
            count *= size
            if size > 1 { last += (size - 1) * stride }
            guard count <= available, last < available || count == 0 else { throw beyond(name) }
        }
        guard count == 0 || last < available else { throw beyond(name) }
        total += count * type.byteCount
        guard total <= bytes.count else {
            throw .checkpoint(
                reason: "its tensors have more numbers than the file; save it without shared weights")
        }
        return .init(
            name: name, elementType: type, shape: tensor.shape,
            bytes: gathered(tensor, count, type.byteCount, from: range.lowerBound))
    }

    private func gathered(_ tensor: PickledTensor, _ count: Int, _ size: Int, from base: Int) -> [UInt8] {
        // Sizes beside a size of 0 are bounded by nothing.
        guard count > 0 else { return [] }
        var contiguous = 1
        let isContiguous = zip(tensor.shape, tensor.strides).reversed().allSatisfy { length, stride in
            defer { contiguous *= max(length, 1) }
            return length < 2 || stride == contiguous
        }
        let start = base + tensor.offset * size
        if isContiguous { return Array(bytes[start..<start + count * size]) }
        var result: [UInt8] = []
        result.reserveCapacity(count * size)
        var index = [Int](repeating: 0, count: tensor.shape.count)
        for _ in 0..<count {
            let place = zip(index, tensor.strides).reduce(0) { $0 + $1.0 * $1.1 }
            result += bytes[(start + place * size)..<(start + (place + 1) * size)]
            var dimension = index.count - 1
            while dimension >= 0 {
                index[dimension] += 1
                if index[dimension] < tensor.shape[dimension] { break }
                index[dimension] = 0
                dimension -= 1
            }
        }
        return result
    }

    private func beyond(_ name: String) -> NetworkImportError {
        .checkpoint(reason: "tensor \(shown(name)) reaches beyond its numbers; fetch the file again")
    }
}
