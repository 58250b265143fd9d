/// A file in the format of FlatBuffers, read without believing it.
///
/// Positions count from the start of the file. Every one is checked before it is used; numbers may be at any
/// address; nothing is followed deeper than a caller asks, so the file cannot make a reader recurse.
struct FlatBuffer {
    let bytes: [UInt8]

    /// The table that everything else hangs on.
    func root() throws(NetworkImportError) -> FlatTable { try FlatTable(self, at: target(0)) }

    /// The number at `position`, little endian.
    func load<Value: FixedWidthInteger & BitwiseCopyable>(
        _ position: Int, as type: Value.Type
    ) throws(NetworkImportError) -> Value {
        guard position >= 0, position <= bytes.count - MemoryLayout<Value>.size else {
            throw damage("a number at \(position)")
        }
        return Value(
            littleEndian: bytes.withUnsafeBytes {
                $0.loadUnaligned(fromByteOffset: position, as: Value.self)
            })
    }

    /// Where the offset at `position` points to.
    func target(_ position: Int) throws(NetworkImportError) -> Int {
        let target = position + Int(try load(position, as: UInt32.self))
        guard target > position, target < bytes.count else {
            throw damage("an offset at \(position), to \(target)")
        }
        return target
    }

    /// The vector at `position`, whose elements have `size` bytes each.
    func vector(_ position: Int, size: Int) throws(NetworkImportError) -> FlatVector {
        let count = Int(try load(position, as: UInt32.self))
        let start = position + 4
        // Both are below 2^32 and the size is at most 8: no overflow.
        guard count * size <= bytes.count - start else {
            throw damage("a list of \(count) elements at \(position)")
        }
        return FlatVector(start: start, count: count)
    }

    /// An error about `what`, which does not fit the file.
    func damage(_ what: String) -> NetworkImportError {
        .malformedModel(
            reason: "the file is damaged or cut short: \(what) does not fit its \(bytes.count) bytes")
    }
}

/// Elements one after another, all within the file.
struct FlatVector {
    let start: Int
    let count: Int
}

/// A table: fields by number, each of which may be absent.
struct FlatTable {
    private let buffer: FlatBuffer
    private let position: Int
    private let directory: Int
    private let fieldCount: Int

    /// The table at `position`, whose directory of fields is checked as a whole.
    init(_ buffer: FlatBuffer, at position: Int) throws(NetworkImportError) {
        let directory = position - Int(try buffer.load(position, as: Int32.self))
        let size = Int(try buffer.load(directory, as: UInt16.self))
        guard size >= 4, size.isMultiple(of: 2), size <= buffer.bytes.count - directory else {
            throw buffer.damage("a table at \(position), its directory at \(directory),")
        }
        (self.buffer, self.position, self.directory) = (buffer, position, directory)
        fieldCount = (size - 4) / 2
    }

    /// Where `field` is, or `nil` if it is absent.
    private func place(_ field: Int) throws(NetworkImportError) -> Int? {
        guard field < fieldCount else { return nil }
        let offset = try buffer.load(directory + 4 + 2 * field, as: UInt16.self)
        return offset == 0 ? nil : position + Int(offset)
    }

    /// A number.
    func integer<Value: FixedWidthInteger & BitwiseCopyable>(
        _ field: Int, default value: Value = 0
    ) throws(NetworkImportError) -> Value {
        guard let place = try place(field) else { return value }
        return try buffer.load(place, as: Value.self)
    }

    /// Whether `field` is there.
    func has(_ field: Int) throws(NetworkImportError) -> Bool { try place(field) != nil }

    /// A table, or `nil` if it is absent.
    func table(_ field: Int) throws(NetworkImportError) -> FlatTable? {
        guard let place = try place(field) else { return nil }
        return try FlatTable(buffer, at: buffer.target(place))
    }

    /// A list of elements of `size` bytes; an absent one is empty.
    func vector(_ field: Int, size: Int) throws(NetworkImportError) -> FlatVector {
        guard let place = try place(field) else { return FlatVector(start: 0, count: 0) }
        return try buffer.vector(buffer.target(place), size: size)
    }
}
