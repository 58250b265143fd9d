private import Glibc

/// Reads a descriptor in steps, looking up often enough to be stopped while nothing arrives.
struct DescriptorInput: ~Copyable {
    /// How long one wait for input lasts before the stop check is asked again.
    private static let waitMs: Int32 = 50

    /// What is read, for messages.
    let name: String
    private let descriptor: Int32
    private let closesAtEnd: Bool
    private let isStopped: StopCheck

    init(descriptor: Int32, name: String, closesAtEnd: Bool, isStopped: @escaping StopCheck) {
        self.descriptor = descriptor
        self.name = name
        self.closesAtEnd = closesAtEnd
        self.isStopped = isStopped
    }

    deinit {
        if closesAtEnd { close(descriptor) }
    }

    /// The length of a regular file; `nil` for anything else.
    func fileBytes() -> Int? {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int(status.st_size)
    }

    /// At least one byte and at most `countMax`; none at the end.
    ///
    /// - Throws: ``SourceError/stopped``, ``SourceError/unreadable(path:reason:)``.
    func read(_ countMax: Int) throws(SourceError) -> [UInt8] {
        while true {
            if isStopped() { throw .stopped }
            var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let count = poll(&waiting, 1, Self.waitMs)
            if count == 0 || (count < 0 && errno == EINTR) { continue }
            if count < 0 { throw .unreadable(path: name, reason: systemReason(errno)) }
            var failure: Int32 = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: countMax) { buffer, filled in
                let got = Glibc.read(descriptor, buffer.baseAddress, countMax)
                if got < 0 { failure = errno }
                filled = max(got, 0)
            }
            if failure == EINTR || failure == EAGAIN { continue }
            if failure != 0 { throw .unreadable(path: name, reason: systemReason(failure)) }
            return bytes
        }
    }
}
