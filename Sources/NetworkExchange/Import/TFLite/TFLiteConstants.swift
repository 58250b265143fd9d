/// The numbers of a file's constants, as real numbers or integers.
struct TFLiteConstants {
    private let model: TFLiteModel
    /// Many tensors may share a buffer; what is made of them stays within what a plain file could hold.
    private var elementsLeft: Int

    init(_ model: TFLiteModel) {
        self.model = model
        elementsLeft = min(2 * model.bytes.count + 1 << 16, NetworkImporter.maximumFileByteCount / 4)
    }

    /// Whether `tensor` has numbers in the file, or would have them elsewhere.
    func isConstant(_ tensor: TFLiteTensor) -> Bool {
        tensor.isExternal
            || model.buffers.indices.contains(tensor.buffer) && !model.buffers[tensor.buffer].isEmpty
    }

    /// The elements in the file's order: what quantised ones stand for, all finite.
    ///
    /// - Parameter scales: for integers that state none.
    /// - Rounding: one product, rounded once to `Float`.
    mutating func reals(
        _ tensor: TFLiteTensor, orScaledBy scales: [Float] = []
    ) throws(NetworkImportError) -> [Float] {
        let values: [Float]
        switch tensor.type {
        case TFLiteType.float: values = try load(tensor) { (bits: UInt32) in Float(bitPattern: bits) }
        case TFLiteType.float16: values = try load(tensor, ElementDecoding.half)
        case TFLiteType.bfloat16: values = try load(tensor, ElementDecoding.brain)
        case TFLiteType.int8, TFLiteType.uint8, TFLiteType.int32, TFLiteType.int64:
            values = try dequantised(try integers(tensor), tensor, orScaledBy: scales)
        default: throw unsupported(tensor, "")
        }
        if let index = values.firstIndex(where: { !$0.isFinite }) {
            throw .notFinite(tensor: tensor.name, index: index)
        }
        return values
    }

    /// The elements of a tensor of integers, whatever they stand for.
    mutating func integers(_ tensor: TFLiteTensor) throws(NetworkImportError) -> [Int64] {
        switch tensor.type {
        case TFLiteType.int8: try load(tensor) { (bits: UInt8) in Int64(Int8(bitPattern: bits)) }
        case TFLiteType.uint8: try load(tensor) { (bits: UInt8) in Int64(bits) }
        case TFLiteType.int32: try load(tensor) { (bits: UInt32) in Int64(Int32(bitPattern: bits)) }
        case TFLiteType.int64: try load(tensor) { (bits: UInt64) in Int64(bitPattern: bits) }
        default: throw unsupported(tensor, "")
        }
    }

    /// The scales of `tensor`, each a positive number.
    func scales(_ tensor: TFLiteTensor) throws(NetworkImportError) -> [Float] {
        for scale in tensor.quantization.scales where !(scale.isFinite && scale > 0) {
            throw .malformedModel(
                reason: "tensor \(shown(tensor.name)) is scaled by \(scale), expected a positive number")
        }
        return tensor.quantization.scales
    }

    private func dequantised(
        _ integers: [Int64], _ tensor: TFLiteTensor, orScaledBy fallback: [Float]
    ) throws(NetworkImportError) -> [Float] {
        let quantization = tensor.quantization
        guard quantization.details == 0 else { throw unsupported(tensor, " with scales of its own kind") }
        var scales = try scales(tensor)
        let isStated = !scales.isEmpty
        if !isStated { scales = fallback }
        guard !scales.isEmpty else { throw unsupported(tensor, " without a scale") }
        var zeros = isStated ? quantization.zeroPoints : []
        if zeros.isEmpty { zeros = [Int64](repeating: 0, count: scales.count) }
        let shape = tensor.shape
        let dimension = isStated ? quantization.dimension : 0
        // Elements one after another that share a scale.
        var run = max(1, integers.count)
        if scales.count > 1 {
            guard shape.indices.contains(dimension), shape[dimension] == scales.count else {
                throw .malformedModel(
                    reason: "tensor \(shown(tensor.name)) of shape \(shape) has \(scales.count) scales "
                        + "along dimension \(dimension)")
            }
            run = max(1, shape[(dimension + 1)...].reduce(1, *))
        }
        guard zeros.count == scales.count else {
            throw .malformedModel(
                reason: "tensor \(shown(tensor.name)) has \(scales.count) scales and "
                    + "\(zeros.count) zero points")
        }
        let pairs = zip(scales, zeros).map { (Double($0), Double($1)) }
        var values: [Float] = []
        values.reserveCapacity(integers.count)
        for (index, integer) in integers.enumerated() {
            let (scale, zero) = pairs[index / run % pairs.count]
            values.append(Float(scale * (Double(integer) - zero)))
        }
        return values
    }

    /// The elements as `convert` makes them of their bits.
    private mutating func load<Bits: FixedWidthInteger & BitwiseCopyable, Value>(
        _ tensor: TFLiteTensor, _ convert: (Bits) -> Value
    ) throws(NetworkImportError) -> [Value] {
        guard !tensor.isExternal else { throw .externalData(tensor: tensor.name) }
        guard !tensor.isSparse else { throw unsupported(tensor, " with most elements left out (sparse)") }
        let place = isConstant(tensor) ? model.buffers[tensor.buffer] : 0..<0
        var count = 1
        for size in tensor.shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: size)
            guard size >= 0, tensor.shape.count <= 8, !overflow, product <= model.bytes.count else {
                throw .wrongShape(
                    tensor: tensor.name, found: Array(tensor.shape.prefix(9)),
                    expected: "dimensions from 0, at most eight, and fewer elements than the file has bytes")
            }
            count = product
        }
        let size = MemoryLayout<Bits>.size
        guard place.count == count * size else {
            throw .wrongByteCount(tensor: tensor.name, found: place.count, expected: count * size)
        }
        guard count <= elementsLeft else {
            throw .malformedModel(reason: "many of its constants are the same one, which is not read")
        }
        elementsLeft -= count
        return model.bytes.withUnsafeBytes { file in
            (0..<count).map { index in
                let offset = place.lowerBound + index * size
                return convert(Bits(littleEndian: file.loadUnaligned(fromByteOffset: offset, as: Bits.self)))
            }
        }
    }

    private func unsupported(_ tensor: TFLiteTensor, _ detail: String) -> NetworkImportError {
        .unsupportedElementType(tensor: tensor.name, found: TFLiteType.name(tensor.type) + detail)
    }
}
