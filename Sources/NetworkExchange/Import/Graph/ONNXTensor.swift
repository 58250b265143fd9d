extension ONNXTensor {
    /// The dimensions.
    ///
    /// - Throws: `wrongShape` for negative dimensions and products beyond the file limit.
    func shape() throws(NetworkImportError) -> [Int] {
        var shape: [Int] = []
        var count = 1
        for dimension in dimensions {
            guard let value = Int(exactly: dimension), value >= 0, shape.count < 8 else {
                throw .wrongShape(tensor: name, found: shape, expected: "dimensions from 0, at most eight")
            }
            shape.append(value)
            let (product, overflow) = count.multipliedReportingOverflow(by: value)
            guard !overflow, product <= NetworkImporter.maximumFileByteCount else {
                throw .wrongShape(tensor: name, found: shape, expected: "fewer elements")
            }
            count = product
        }
        return shape
    }

    /// The elements of a tensor of real numbers, all finite; narrower ones widened exactly, float64 rounded once.
    ///
    /// - Throws: the tensor cases of ``NetworkImportError``; the length is checked before anything is copied.
    func floats() throws(NetworkImportError) -> [Float] {
        let count = try elementCount()
        let values: [Float]
        switch elementType {
        case ONNXType.float:
            let isRaw = try isRaw(count, size: 4, other: reals.count)
            values = isRaw ? raw.load(count) { Float(bitPattern: $0) } : Array(reals)
        case ONNXType.float16:
            let isRaw = try isRaw(count, size: 2, other: integers32.count)
            let words =
                isRaw ? ElementDecoding.words(raw) : integers32.map { UInt16(truncatingIfNeeded: $0) }
            values = words.map(ElementDecoding.half)
        case ONNXType.bfloat16:
            let isRaw = try isRaw(count, size: 2, other: integers32.count)
            let words =
                isRaw ? ElementDecoding.words(raw) : integers32.map { UInt16(truncatingIfNeeded: $0) }
            values = words.map(ElementDecoding.brain)
        case ONNXType.double:
            // What float32 can not hold becomes infinite, and is refused below.
            values =
                try isRaw(count, size: 8, other: 0)
                ? raw.load(count) { (bits: UInt64) in Float(Double(bitPattern: bits)) } : []
        default:
            throw .unsupportedElementType(tensor: name, found: ONNXType.name(elementType))
        }
        if let index = values.firstIndex(where: { !$0.isFinite }) {
            throw .notFinite(tensor: name, index: index)
        }
        return values
    }

    /// The elements of a tensor of integers.
    func integers() throws(NetworkImportError) -> [Int64] {
        let count = try elementCount()
        if elementType == ONNXType.int64 {
            guard try isRaw(count, size: 8, other: integers64.count) else { return Array(integers64) }
            return raw.load(count) { (bits: UInt64) in Int64(bitPattern: bits) }
        }
        let sizes = [ONNXType.int32: 4, ONNXType.int8: 1, ONNXType.uint8: 1]
        guard let size = sizes[elementType] else {
            throw .unsupportedElementType(tensor: name, found: ONNXType.name(elementType))
        }
        guard try isRaw(count, size: size, other: integers32.count) else {
            return integers32.map { Int64($0) }
        }
        return switch elementType {
        case ONNXType.int32: raw.load(count) { (bits: UInt32) in Int64(Int32(bitPattern: bits)) }
        case ONNXType.int8: raw.load(count) { (bits: UInt8) in Int64(Int8(bitPattern: bits)) }
        default: raw.load(count) { (bits: UInt8) in Int64(bits) }
        }
    }

    private func elementCount() throws(NetworkImportError) -> Int {
        guard !isExternal else { throw .externalData(tensor: name) }
        return try shape().reduce(1, *)
    }

    /// Whether the elements are in `raw`; either place must hold exactly `count`.
    private func isRaw(_ count: Int, size: Int, other: Int) throws(NetworkImportError) -> Bool {
        if raw.isEmpty, other > 0 || count == 0 {
            guard other == count else { throw .wrongByteCount(tensor: name, found: other, expected: count) }
            return false
        }
        guard raw.count == count * size else {
            throw .wrongByteCount(tensor: name, found: raw.count, expected: count * size)
        }
        return true
    }
}

extension ONNXNode {
    /// The name, or what the node makes if it has none.
    var shownName: String { name.isEmpty ? outputs.first ?? "" : name }

    /// The attribute `key`, or `nil`.
    func attribute(_ key: String) -> ONNXAttribute? { attributes.first { $0.name == key } }

    /// An integer attribute.
    func integer(_ key: String, default value: Int64) -> Int64 { attribute(key)?.integer ?? value }

    /// A list attribute.
    func integers(_ key: String, default value: [Int64]) -> [Int64] {
        attribute(key).map { Array($0.integers) } ?? value
    }

    /// A real attribute.
    func real(_ key: String, default value: Float) -> Float { attribute(key)?.real ?? value }

    /// The input at `index`, or `nil` if it is left out.
    func input(at index: Int) -> String? {
        index < inputs.count && !inputs[index].isEmpty ? inputs[index] : nil
    }
}

extension ONNXAttribute {
    /// The integer; 0 if it holds none, which is how writers of proto3 write a 0.
    var integer: Int64 { if case .integer(let value) = value { value } else { 0 } }

    /// The real number; 0 if it holds none.
    var real: Float { if case .real(let value) = value { value } else { 0 } }

    /// The text; empty if it holds none.
    var text: ONNXNumbers<UInt8> { if case .text(let value) = value { value } else { .init() } }

    /// The list; empty if it holds none.
    var integers: ONNXNumbers<Int64> { if case .integers(let value) = value { value } else { .init() } }

    /// The list; empty if it holds none.
    var reals: ONNXNumbers<Float> { if case .reals(let value) = value { value } else { .init() } }
}
