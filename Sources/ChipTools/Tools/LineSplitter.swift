/// Cuts a stream of bytes into lines of bounded length, for progress.
struct LineSplitter {
    private static let longestLine = 4096
    private var pending: [UInt8] = []

    /// Takes bytes and gives every line that they end; a line too long is cut, not kept.
    mutating func append(_ bytes: UnsafeRawBufferPointer, line: (String) -> Void) {
        for piece in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            if piece.offset > 0 { finish(line: line) }
            pending += piece.element.prefix(Self.longestLine - pending.count)
        }
    }

    /// Gives what stands after the last line end, if anything.
    mutating func flush(line: (String) -> Void) {
        if !pending.isEmpty { finish(line: line) }
    }

    private mutating func finish(line: (String) -> Void) {
        line(String(decoding: pending, as: UTF8.self))
        pending.removeAll(keepingCapacity: true)
    }
}
