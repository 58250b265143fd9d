private import Glibc
private import ImageDecoding
private import Synchronization

/// The bytes of a file or pipe in order: buffered, decompressed when they are gzip, interruptible.
///
/// Shared by the copies of a source. The lock is for the type system; a source is used by one thread.
final class ByteStream: Sendable {
    /// What is read, for messages.
    let name: String
    private let state: Mutex<BufferedInput>

    /// Opens a file, named pipe or device.
    ///
    /// - Throws: ``SourceError/missing(path:)``, ``SourceError/unreadable(path:reason:)``.
    convenience init(path: String, isStopped: @escaping StopCheck) throws(SourceError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .opening(path, errno: errno) }
        self.init(
            fileDescriptor: descriptor,
            name: path,
            closesAtEnd: true,
            inflatesGzip: true,
            isStopped: isStopped
        )
    }

    /// Reads an open descriptor from where it stands.
    init(
        fileDescriptor: Int32,
        name: String,
        closesAtEnd: Bool,
        inflatesGzip: Bool,
        isStopped: @escaping StopCheck
    ) {
        self.name = name
        let input = DescriptorInput(
            descriptor: fileDescriptor,
            name: name,
            closesAtEnd: closesAtEnd,
            isStopped: isStopped
        )
        state = Mutex(BufferedInput(input, inflatesGzip: inflatesGzip))
    }

    /// Up to `count` bytes, without moving on; fewer only at the end.
    func peek(_ count: Int) throws(SourceError) -> [UInt8] {
        try state.withLock { input throws(SourceError) in
            try input.peek(count)
        }
    }

    /// Up to `count` bytes; fewer only at the end. Memory follows what arrives, not what is asked for.
    func read(_ count: Int) throws(SourceError) -> [UInt8] {
        try state.withLock { input throws(SourceError) in
            try input.read(count)
        }
    }

    /// Moves on by up to `count` bytes and returns by how many; fewer only at the end.
    func skip(_ count: Int) throws(SourceError) -> Int {
        try state.withLock { input throws(SourceError) in
            try input.skip(count)
        }
    }

    /// The length of an uncompressed regular file.
    var fileBytes: Int? {
        get throws(SourceError) {
            try state.withLock { input throws(SourceError) in
                try input.fileBytes()
            }
        }
    }
}

/// A window over decompressed bytes.
private struct BufferedInput: ~Copyable {
    private static let stepBytes = 1 << 16

    private var input: DescriptorInput
    private let inflatesGzip: Bool
    private var begun = false
    private var inflater: GzipInflater?
    /// Compressed bytes not yet inflated.
    private var compressed: ArraySlice<UInt8> = []
    /// Bytes ready to be read.
    private var ready: ArraySlice<UInt8> = []
    private var ended = false

    init(_ input: consuming DescriptorInput, inflatesGzip: Bool) {
        self.input = input
        self.inflatesGzip = inflatesGzip
    }

    mutating func peek(_ count: Int) throws(SourceError) -> [UInt8] {
        while ready.count < count, try fill() {}
        return Array(ready.prefix(count))
    }

    mutating func read(_ count: Int) throws(SourceError) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(min(count, 1 << 20))
        while result.count < count {
            if ready.isEmpty, try !fill() { break }
            let part = ready.prefix(count - result.count)
            result += part
            ready.removeFirst(part.count)
        }
        return result
    }

    mutating func skip(_ count: Int) throws(SourceError) -> Int {
        var skipped = 0
        while skipped < count {
            if ready.isEmpty, try !fill() { break }
            let part = min(ready.count, count - skipped)
            ready.removeFirst(part)
            skipped += part
        }
        return skipped
    }

    mutating func fileBytes() throws(SourceError) -> Int? {
        try begin()
        return inflater == nil ? input.fileBytes() : nil
    }

    /// Adds bytes to `ready`; false at the end.
    private mutating func fill() throws(SourceError) -> Bool {
        let before = ready.count
        try begin()
        if ready.count > before { return true }
        while !ended {
            if inflater == nil {
                let step = try input.read(Self.stepBytes)
                ended = step.isEmpty
                append(step)
            } else {
                try inflate()
            }
            if ready.count > before { return true }
        }
        return false
    }

    private mutating func append(_ step: [UInt8]) {
        ready = ready.isEmpty ? step[...] : ready + step
    }

    /// Looks for the gzip signature once.
    private mutating func begin() throws(SourceError) {
        if begun { return }
        var start: [UInt8] = []
        while start.count < 2 {
            let step = try input.read(Self.stepBytes)
            if step.isEmpty { break }
            start += step
        }
        begun = true
        if inflatesGzip && start.starts(with: [0x1F, 0x8B]) {
            inflater = GzipInflater()
            compressed = start[...]
        } else {
            ready = start[...]
        }
    }

    private mutating func inflate() throws(SourceError) {
        if compressed.isEmpty { compressed = try input.read(Self.stepBytes)[...] }
        if compressed.isEmpty {
            ended = true
            guard inflater?.isAtMemberBoundary == true else {
                throw .truncated(source: input.name, reason: "the gzip data has no end")
            }
            return
        }
        var room = [UInt8](repeating: 0, count: Self.stepBytes * 2)
        do throws(GzipInflater.Corrupt) {
            let (consumed, produced) = try step(into: &room)
            compressed.removeFirst(consumed)
            room.removeLast(room.count - produced)
            append(room)
        } catch {
            ended = true
            throw .malformed(source: input.name, reason: "the gzip data does not decompress")
        }
    }

    private mutating func step(
        into room: inout [UInt8]
    ) throws(GzipInflater.Corrupt) -> (consumed: Int, produced: Int) {
        var result: Result<(consumed: Int, produced: Int), GzipInflater.Corrupt> = .success((0, 0))
        compressed.withUnsafeBytes { source in
            room.withUnsafeMutableBytes { target in
                do throws(GzipInflater.Corrupt) {
                    result = .success(try inflater?.inflate(source, into: target) ?? (0, 0))
                } catch {
                    result = .failure(error)
                }
            }
        }
        return try result.get()
    }
}
