internal import Glibc

/// One output of a program that runs: read as it comes, kept within bounds.
struct CapturedStream {
    private var descriptor: Int32
    private(set) var captured: BoundedOutput
    private var lines = LineSplitter()

    init(descriptor: Int32, limit: Int) {
        self.descriptor = descriptor
        captured = BoundedOutput(limit: max(1, limit))
    }

    /// Reads what is there, at most 4 MiB of it, so that the time limit is looked at in between.
    mutating func drain(line: ((String) -> Void)?) {
        guard descriptor >= 0 else { return }
        withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 1) { buffer in
            for _ in 0..<64 {
                let count = read(descriptor, buffer.baseAddress, buffer.count)
                if count > 0 {
                    let bytes = UnsafeRawBufferPointer(rebasing: buffer.prefix(count))
                    captured.append(bytes)
                    if let line { lines.append(bytes, line: line) }
                } else if count < 0, errno == EINTR {
                    continue
                } else {
                    if count == 0 {
                        Glibc.close(descriptor)
                        descriptor = -1
                    }
                    return
                }
            }
        }
    }

    /// Reads the rest and closes.
    mutating func close(line: ((String) -> Void)?) {
        drain(line: line)
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
        if let line { lines.flush(line: line) }
    }

    /// Waits until one of the streams has something, or for the time given.
    static func wait(_ streams: [CapturedStream], milliseconds: Int32) {
        var polled = streams.filter { $0.descriptor >= 0 }.map {
            pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0)
        }
        if polled.isEmpty {
            usleep(UInt32(min(milliseconds, 5)) * 1000)
        } else {
            poll(&polled, nfds_t(polled.count), milliseconds)
        }
    }
}
