#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

extension Onnx_TensorProto {
    /// The dimensions.
    ///
    /// - Throws: `wrongShape` for negative dimensions and products beyond the file limit.
    func shape() throws(NetworkImportError) -> [Int] {
        var shape: [Int] = []
        var count = 1
        for dimension in dims {
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

    /// The elements of a tensor of real numbers, widened exactly, all finite.
    ///
    /// - Throws: the tensor cases of ``NetworkImportError``; the length is checked before anything is copied.
    func floats() throws(NetworkImportError) -> [Float] {
        let count = try elementCount()
        let values: [Float]
        switch dataType {
        case ONNXType.float:
            values = try isRaw(count, size: 4, other: floatData.count) ? rawFloats(count) : floatData
        case ONNXType.float16:
            let isRaw = try isRaw(count, size: 2, other: int32Data.count)
            let words =
                isRaw ? ElementDecoding.words(rawData) : int32Data.map { UInt16(truncatingIfNeeded: $0) }
            values = words.map(ElementDecoding.half)
        case ONNXType.bfloat16:
            let isRaw = try isRaw(count, size: 2, other: int32Data.count)
            let words =
                isRaw ? ElementDecoding.words(rawData) : int32Data.map { UInt16(truncatingIfNeeded: $0) }
            values = words.map(ElementDecoding.brain)
        default:
            throw .unsupportedElementType(tensor: name, found: ONNXType.name(dataType))
        }
        if let index = values.firstIndex(where: { !$0.isFinite }) {
            throw .notFinite(tensor: name, index: index)
        }
        return values
    }

    /// The elements of a tensor of integers.
    func integers() throws(NetworkImportError) -> [Int64] {
        let count = try elementCount()
        switch dataType {
        case ONNXType.int64:
            guard try isRaw(count, size: 8, other: int64Data.count) else { return int64Data }
            return load(count) { (bits: UInt64) in Int64(bitPattern: bits) }
        case ONNXType.int32:
            guard try isRaw(count, size: 4, other: int32Data.count) else {
                return int32Data.map { Int64($0) }
            }
            return load(count) { (bits: UInt32) in Int64(Int32(bitPattern: bits)) }
        default:
            throw .unsupportedElementType(tensor: name, found: ONNXType.name(dataType))
        }
    }

    private func elementCount() throws(NetworkImportError) -> Int {
        guard dataLocation == 0, externalData.isEmpty else { throw .externalData(tensor: name) }
        return try shape().reduce(1, *)
    }

    /// Whether the elements are in `rawData`; either place must hold exactly `count`.
    private func isRaw(_ count: Int, size: Int, other: Int) throws(NetworkImportError) -> Bool {
        if rawData.isEmpty, other > 0 || count == 0 {
            guard other == count else { throw .wrongByteCount(tensor: name, found: other, expected: count) }
            return false
        }
        guard rawData.count == count * size else {
            throw .wrongByteCount(tensor: name, found: rawData.count, expected: count * size)
        }
        return true
    }

    private func rawFloats(_ count: Int) -> [Float] { load(count) { Float(bitPattern: $0) } }

    private func load<Bits: FixedWidthInteger & BitwiseCopyable, Value>(
        _ count: Int, _ convert: (Bits) -> Value
    ) -> [Value] {
        rawData.withUnsafeBytes { raw in
            (0..<count).map { index in
                let offset = index * MemoryLayout<Bits>.size
                return convert(Bits(littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: Bits.self)))
            }
        }
    }
}

extension Onnx_NodeProto {
    /// The name, or what the node makes if it has none.
    var shownName: String { name.isEmpty ? output.first ?? "" : name }

    /// The attribute `key`, or `nil`.
    func attribute(_ key: String) -> Onnx_AttributeProto? { attribute.first { $0.name == key } }

    /// An integer attribute.
    func integer(_ key: String, default value: Int64) -> Int64 { attribute(key)?.i ?? value }

    /// A list attribute.
    func integers(_ key: String, default value: [Int64]) -> [Int64] { attribute(key)?.ints ?? value }

    /// A real attribute.
    func real(_ key: String, default value: Float) -> Float { attribute(key)?.f ?? value }

    /// The input at `index`, or `nil` if it is left out.
    func input(at index: Int) -> String? {
        index < input.count && !input[index].isEmpty ? input[index] : nil
    }
}
