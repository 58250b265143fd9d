/// Reads little-endian numbers one after another, and nothing beyond the end.
struct ByteCursor {
    private let bytes: ArraySlice<UInt8>
    /// Where the next byte is, counted from the start of the array that the slice is of.
    private(set) var position: Int

    /// A cursor at the start of `bytes`.
    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    /// Whether nothing is left.
    var isAtEnd: Bool { position >= bytes.endIndex }

    /// The next number.
    mutating func number<Value: FixedWidthInteger>(_ type: Value.Type) throws(NetworkImportError) -> Value {
        let size = MemoryLayout<Value>.size
        var value: Value = 0
        for (index, byte) in try take(size).enumerated() { value |= Value(byte) << Value(8 * index) }
        return value
    }

    /// The next `count` bytes.
    mutating func take(_ count: Int) throws(NetworkImportError) -> ArraySlice<UInt8> {
        guard count >= 0, count <= bytes.endIndex - position else { throw cut(count) }
        defer { position += count }
        return bytes[position..<position + count]
    }

    /// The next bytes up to a line feed, which is left out.
    mutating func line() throws(NetworkImportError) -> String {
        guard let end = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) else { throw cut(1) }
        defer { position = end + 1 }
        return String(decoding: bytes[position..<end], as: UTF8.self)
    }

    private func cut(_ count: Int) -> NetworkImportError {
        .checkpoint(
            reason: "the file is damaged or cut short: \(count) bytes at \(position) are beyond its end")
    }
}
