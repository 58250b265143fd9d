private import CImageCodecs

/// Decompresses one gzip stream that arrives in pieces; concatenated members read as one.
///
/// It lives here because zlib comes with libpng; ingest reads `.gz` data sets through it.
package struct GzipInflater: ~Copyable {
    /// The bytes are not gzip, or are damaged: a bad header, code, length or CRC.
    package struct Corrupt: Error, Sendable, Hashable {}

    private let handle: OpaquePointer

    /// True between members, so that the end of the input here is the end of the data.
    package private(set) var isAtMemberBoundary = true

    /// Starts before the first member.
    package init() {
        guard let handle = hsf_gzip_open() else {
            preconditionFailure("no memory for a gzip window of 32 KiB")
        }
        self.handle = handle
    }

    deinit { hsf_gzip_close(handle) }

    /// Decompresses from `input` into `output` until one of them, or a member, ends.
    ///
    /// - Throws: ``Corrupt``, after which the inflater is of no further use.
    package mutating func inflate(
        _ input: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) throws(Corrupt) -> (consumed: Int, produced: Int) {
        let source = UnsafeRawBufferPointer(rebasing: input.prefix(1 << 30))
        let target = UnsafeMutableRawBufferPointer(rebasing: output.prefix(1 << 30))
        var consumed = 0
        var produced = 0
        let status = hsf_gzip_inflate(
            handle,
            source.assumingMemoryBound(to: UInt8.self).baseAddress,
            source.count,
            &consumed,
            target.assumingMemoryBound(to: UInt8.self).baseAddress,
            target.count,
            &produced
        )
        switch status {
        case HSF_GZIP_MEMBER_END: isAtMemberBoundary = true
        case HSF_GZIP_MORE: if consumed > 0 { isAtMemberBoundary = false }
        default: throw Corrupt()
        }
        return (consumed, produced)
    }
}
