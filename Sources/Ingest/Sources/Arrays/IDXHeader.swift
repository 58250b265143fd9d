/// The header of an IDX file: a magic number and the length of each dimension, big-endian.
struct IDXHeader: Sendable, Hashable {
    /// The lengths, outermost first; 1...4 of them.
    let dimensions: [Int]

    /// Bytes of the header.
    var bytes: Int { 4 + 4 * dimensions.count }

    /// Whether `start` begins like an IDX file of unsigned bytes.
    static func matches(_ start: [UInt8]) -> Bool {
        start.count >= 4 && start[0] == 0 && start[1] == 0 && start[2] == 8 && (1...4).contains(start[3])
    }

    /// Reads the header from `stream`.
    ///
    /// - Throws: ``SourceError/notAnImageSource(path:reason:)`` for another magic number,
    ///   ``SourceError/truncated(source:reason:)`` when it is cut short.
    init(_ stream: ByteStream) throws(SourceError) {
        let start = try stream.read(4)
        guard Self.matches(start) else {
            throw .notAnImageSource(
                path: stream.name,
                reason: "it does not begin like an idx file of unsigned bytes"
            )
        }
        let lengths = try stream.read(4 * Int(start[3]))
        guard lengths.count == 4 * Int(start[3]) else {
            throw .truncated(source: stream.name, reason: "the idx header is not whole")
        }
        dimensions = stride(from: 0, to: lengths.count, by: 4).map { at in
            lengths[at..<(at + 4)].reduce(0) { $0 << 8 | Int($1) }
        }
    }
}
