private import Glibc
private import ImageDecoding

/// Uncompressed frames of one size from a pipe, as a camera or a video decoder writes them.
public struct RawFrameSource: ImageSource {
    /// How the samples of a frame lie.
    public enum PixelFormat: String, Sendable, Hashable, CaseIterable {
        /// Red, green, blue, one byte each; rows from the top, no padding.
        case rgb24
    }

    /// The stream and the size of its frames.
    public let summary: String
    /// A stream defines no class names.
    public var classNames: [String]? { nil }

    private let stream: ByteStream
    private let width: Int
    private let height: Int
    private let nowMs: @Sendable () -> Int64
    private var index = 0
    private var ended = false

    /// Reads frames from an open descriptor, such as 0, and leaves it open.
    ///
    /// Each frame is stamped by `nowMs` when its last byte has arrived: milliseconds since 1970 UTC.
    public init(
        fileDescriptor: Int32,
        width: Int,
        height: Int,
        pixelFormat: PixelFormat = .rgb24,
        name: String = "standard input",
        nowMs: @escaping @Sendable () -> Int64 = RawFrameSource.systemNowMs,
        isStopped: @escaping StopCheck = { false }
    ) {
        precondition(
            (1...32_768).contains(width) && (1...32_768).contains(height),
            "a frame side is 1...32768"
        )
        self.width = width
        self.height = height
        self.nowMs = nowMs
        stream = ByteStream(
            fileDescriptor: fileDescriptor,
            name: name,
            closesAtEnd: false,
            inflatesGzip: false,
            isStopped: isStopped
        )
        summary = "\(pixelFormat.rawValue) frames of \(width) x \(height) from \(name)"
    }

    /// The next frame; a last frame that is not whole is reported as unreadable.
    ///
    /// - Throws: ``SourceError/unreadable(path:reason:)``.
    public mutating func next() throws(SourceError) -> SourceOutcome? {
        if ended { return nil }
        let frameBytes = width * height * 3
        let bytes: [UInt8]
        do throws(SourceError) {
            bytes = try stream.read(frameBytes)
        } catch .stopped {
            ended = true
            return nil
        } catch {
            ended = true
            throw error
        }
        let digits = String(index)
        let id = "frame/\(String(repeating: "0", count: max(0, 9 - digits.utf8.count)))\(digits)"
        index += 1
        guard bytes.count == frameBytes else {
            ended = true
            if bytes.isEmpty { return nil }
            return .unreadable(
                id: id,
                reason: "the stream ended after \(bytes.count) of the frame's \(frameBytes) bytes"
            )
        }
        return .image(
            SourceImage(
                id: id,
                content: .pixels(RGBImage(width: width, height: height, bytes: bytes)),
                capturedAtMs: nowMs()
            )
        )
    }

    /// The system clock, in milliseconds since 1970 UTC.
    public static let systemNowMs: @Sendable () -> Int64 = {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
    }
}
