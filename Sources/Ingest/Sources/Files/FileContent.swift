private import Glibc

/// A regular file read whole.
struct FileContent {
    let bytes: [UInt8]
    /// When the file was last written, in milliseconds since 1970 UTC.
    let modifiedAtMs: Int64

    /// Why one file was not read; the stream it belongs to goes on.
    struct Problem: Error {
        let reason: String
    }

    /// Reads the regular file at `path`; a symbolic link to one will do, a pipe or device will not.
    ///
    /// - Throws: ``Problem`` when it cannot be opened, is no regular file, is larger than `bytesMax`, or
    ///   changes its length meanwhile.
    init(path: String, bytesMax: Int) throws(Problem) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Problem(reason: systemReason(errno)) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Problem(reason: systemReason(errno)) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw Problem(reason: "not a regular file") }
        let size = Int(status.st_size)
        guard size <= bytesMax else {
            throw Problem(reason: "the file has \(size) bytes; the limit is \(bytesMax)")
        }
        var failure: Int32 = 0
        // One byte more than stated, so that growth shows.
        bytes = [UInt8](unsafeUninitializedCapacity: size + 1) { buffer, count in
            while count <= size {
                let got = read(descriptor, buffer.baseAddress.map { $0 + count }, size + 1 - count)
                if got < 0 && errno == EINTR { continue }
                if got < 0 { failure = errno }
                if got <= 0 { break }
                count += got
            }
        }
        if failure != 0 { throw Problem(reason: systemReason(failure)) }
        guard bytes.count == size else { throw Problem(reason: "the file changed while it was read") }
        modifiedAtMs = status.st_mtim.units(1_000)
    }
}
