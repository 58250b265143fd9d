/// Numbers in memory that somebody else owns and that this value keeps alive: weights are not copied when a
/// file is read or written, nor when a tensor is passed on.
struct ONNXNumbers<Element: BitwiseCopyable>: RandomAccessCollection {
    private let owner: AnyObject?
    private let buffer: UnsafeBufferPointer<Element>

    /// No numbers.
    init() {
        owner = nil
        buffer = UnsafeBufferPointer(start: nil, count: 0)
    }

    /// The `count` numbers from `start`, which stay valid and unchanged while `owner` lives.
    init(_ start: UnsafePointer<Element>?, count: Int, owner: AnyObject) {
        self.owner = owner
        buffer = UnsafeBufferPointer(start: start, count: start == nil ? 0 : count)
    }

    /// A copy of `values`.
    init(_ values: [Element]) {
        let memory = OwnedMemory(byteCount: values.count * MemoryLayout<Element>.stride)
        values.withUnsafeBytes { memory.bytes.copyMemory(from: $0) }
        owner = memory
        buffer = UnsafeBufferPointer(memory.bytes.bindMemory(to: Element.self))
    }

    var startIndex: Int { 0 }
    var endIndex: Int { buffer.count }

    subscript(position: Int) -> Element {
        precondition(indices.contains(position), "the position is one of the indices")
        return withUnsafeBufferPointer { $0[position] }
    }

    /// Calls `body` with the numbers; the pointer is of no use afterwards.
    func withUnsafeBufferPointer<Result>(_ body: (UnsafeBufferPointer<Element>) -> Result) -> Result {
        withExtendedLifetime(owner) { body(buffer) }
    }

    /// The same for the collection's own algorithms.
    func withContiguousStorageIfAvailable<Result>(
        _ body: (UnsafeBufferPointer<Element>) throws -> Result
    ) rethrows -> Result? {
        try withExtendedLifetime(owner) { try body(buffer) }
    }
}

extension ONNXNumbers<UInt8> {
    /// The bytes of `values`, little endian.
    init<Value: FixedWidthInteger & BitwiseCopyable>(littleEndian values: [Value]) {
        let memory = OwnedMemory(byteCount: values.count * MemoryLayout<Value>.size)
        for (index, value) in values.enumerated() {
            memory.bytes.storeBytes(
                of: value.littleEndian, toByteOffset: index * MemoryLayout<Value>.size, as: Value.self)
        }
        let bytes = UnsafeBufferPointer(memory.bytes.bindMemory(to: UInt8.self))
        self.init(bytes.baseAddress, count: bytes.count, owner: memory)
    }

    /// The first `count` numbers whose bits these bytes are, little endian.
    ///
    /// There are at least `count` times the size of `Bits` bytes.
    func load<Bits: FixedWidthInteger & BitwiseCopyable, Value>(
        _ count: Int, _ convert: (Bits) -> Value
    ) -> [Value] {
        withUnsafeBufferPointer { buffer in
            let raw = UnsafeRawBufferPointer(buffer)
            return (0..<count).map { index in
                let offset = index * MemoryLayout<Bits>.size
                return convert(Bits(littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: Bits.self)))
            }
        }
    }
}

/// A block of memory, aligned for any number.
private final class OwnedMemory {
    let bytes: UnsafeMutableRawBufferPointer

    init(byteCount: Int) { bytes = .allocate(byteCount: byteCount, alignment: 16) }

    deinit { bytes.deallocate() }
}
