/// What a program printed, in bounded memory: the beginning and the end of it, and how much lies between.
public struct BoundedOutput: Sendable {
    /// Bytes kept at either end.
    public let limit: Int
    private var head: [UInt8] = []
    private var tail: [UInt8] = []
    /// All bytes printed, kept or not.
    public private(set) var byteCount = 0

    /// Nothing printed yet.
    ///
    /// - Parameter limit: Bytes kept at either end, at least one.
    public init(limit: Int) {
        precondition(limit > 0, "at least one byte is kept")
        self.limit = limit
    }

    /// Bytes that were dropped between head and tail.
    public var droppedBytes: Int { byteCount - head.count - min(tail.count, limit) }

    /// Takes the next bytes.
    public mutating func append(_ bytes: UnsafeRawBufferPointer) {
        byteCount += bytes.count
        let intoHead = min(limit - head.count, bytes.count)
        head += bytes.prefix(intoHead)
        tail += bytes.dropFirst(intoHead)
        // Trimmed only now and then, so that many small pieces do not move the tail each time.
        if tail.count > 4 * limit { tail.removeFirst(tail.count - limit) }
    }

    /// What was kept as text; a line says how many bytes are missing, when some are.
    ///
    /// Bytes that are no UTF-8 read as U+FFFD; control characters are as printed.
    public var text: String {
        let kept = tail.suffix(limit)
        if droppedBytes == 0 { return String(decoding: head + kept, as: UTF8.self) }
        return String(decoding: head, as: UTF8.self) + "\n[\(droppedBytes) bytes left out]\n"
            + String(decoding: kept, as: UTF8.self)
    }

    /// The last lines, at most `count` of them, without empty ones at the end.
    public func lastLines(_ count: Int) -> [String] {
        let end = tail.count >= limit ? tail.suffix(limit) : (head + tail).suffix(2 * limit)
        var lines = String(decoding: end, as: UTF8.self).split(
            separator: "\n", omittingEmptySubsequences: false)
        while lines.last?.allSatisfy(\.isWhitespace) ?? false { lines.removeLast() }
        return lines.suffix(count).map(String.init)
    }
}
