public import ImageDecoding
private import Glibc

/// Opens whatever a path holds: a folder, a tar archive, an IDX file, an image, or standard input.
public enum ImageSourceFactory {
    /// How sources are read; what does not concern the kind found is not used.
    public struct Options: Sendable, Hashable {
        /// How a folder is read; its `fileBytesMax` bounds archive members and single files as well.
        public var folder: DirectorySource.Options
        /// The labels of an IDX file; `nil` takes the file MNIST's naming points to, where it exists.
        public var idxLabels: String?
        /// The width and height of raw `rgb24` frames on standard input; `nil` reads a tar archive there.
        public var rawFrames: FrameSize?
        /// The largest image of an IDX file.
        public var limits: DecodingLimits

        /// A width and a height in pixels, each 1...32768.
        public struct FrameSize: Sendable, Hashable {
            /// Pixels per row.
            public let width: Int
            /// Rows.
            public let height: Int

            /// Sides are 1...32768.
            public init(width: Int, height: Int) {
                self.width = width
                self.height = height
            }
        }

        /// A folder read once and flat, an archive on standard input.
        public init(
            folder: DirectorySource.Options = .init(),
            idxLabels: String? = nil,
            rawFrames: FrameSize? = nil,
            limits: DecodingLimits = .standard
        ) {
            self.folder = folder
            self.idxLabels = idxLabels
            self.rawFrames = rawFrames
            self.limits = limits
        }
    }

    /// Opens the source at `path`; `-` is standard input.
    ///
    /// - Throws: ``SourceError`` saying what is wrong with the path and what would do.
    /// - Isolation: reads the first bytes, so a pipe blocks until there are some or a stop is asked for.
    public static func open(
        _ path: String,
        options: Options = Options(),
        isStopped: @escaping StopCheck = { false }
    ) throws(SourceError) -> any ImageSource {
        if path == "-" {
            return openDescriptor(0, name: "standard input", options: options, isStopped: isStopped)
        }
        var status = stat()
        guard stat(path, &status) == 0 else { throw .opening(path, errno: errno) }
        if status.st_mode & S_IFMT == S_IFDIR {
            return try DirectorySource(path: path, options: options.folder, isStopped: isStopped)
        }
        let stream = try ByteStream(path: path, isStopped: isStopped)
        let start = try stream.peek(TarHeader.blockBytes)
        if start.isEmpty { throw .notAnImageSource(path: path, reason: "it is empty") }
        if ImageFormat.sniff(start) != nil {
            return FileListSource(
                paths: [path],
                fileBytesMax: options.folder.fileBytesMax,
                isStopped: isStopped
            )
        }
        if IDXHeader.matches(start) {
            let labelsPath = options.idxLabels ?? IDXSource.siblingLabels(of: path)
            let labels: ByteStream? =
                if let labelsPath { try ByteStream(path: labelsPath, isStopped: isStopped) } else { nil }
            return try IDXSource(images: stream, labels: labels, limits: options.limits)
        }
        if start.count == TarHeader.blockBytes, (try? TarHeader(start)) != nil {
            return TarSource(stream, memberBytesMax: options.folder.fileBytesMax)
        }
        throw .notAnImageSource(path: path, reason: advice(start))
    }

    /// Reads raw frames or an archive from an open descriptor, which stays open.
    public static func openDescriptor(
        _ descriptor: Int32,
        name: String,
        options: Options = Options(),
        isStopped: @escaping StopCheck = { false }
    ) -> any ImageSource {
        if let size = options.rawFrames {
            return RawFrameSource(
                fileDescriptor: descriptor,
                width: size.width,
                height: size.height,
                name: name,
                isStopped: isStopped
            )
        }
        return TarSource(
            fileDescriptor: descriptor,
            name: name,
            memberBytesMax: options.folder.fileBytesMax,
            isStopped: isStopped
        )
    }

    private static func advice(_ start: [UInt8]) -> String {
        let signatures: [(bytes: [UInt8], advice: String)] = [
            ([0x50, 0x4B, 3, 4], "it is a zip archive; unpack it and name the folder"),
            ([0x28, 0xB5, 0x2F, 0xFD], "it is zstd data; unpack it first"),
            ([0x42, 0x5A, 0x68], "it is bzip2 data; unpack it first"),
            ([0xFD, 0x37, 0x7A, 0x58], "it is xz data; unpack it first"),
        ]
        return signatures.first { start.starts(with: $0.bytes) }?.advice
            ?? "it is no folder, tar archive, idx file, jpeg or png; name one of these"
    }
}
