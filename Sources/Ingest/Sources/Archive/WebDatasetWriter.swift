private import Glibc
private import ImageDecoding

/// Writes images as a WebDataset tar archive, the same bytes for the same images.
///
/// Each image becomes `<id>.cls` (when it has a label) and `<id>.png` or `<id>.jpg`, in this order; owner,
/// group and times are zero. Pixels are encoded as PNG, gray where they are gray, at deflate level 9, so
/// the bytes also follow libpng's and zlib's versions.
public struct WebDatasetWriter {
    /// Receives the archive, piece by piece.
    public typealias Sink = (_ bytes: [UInt8]) throws(SourceError) -> Void

    /// Images written.
    public private(set) var imageCount = 0
    private let sink: Sink

    /// Starts an archive.
    public init(sink: @escaping Sink) { self.sink = sink }

    /// Adds one image.
    ///
    /// An id that ends like an image file loses that ending, since the archive adds its own.
    ///
    /// - Throws: what the sink throws, and ``SourceError/unwritable(path:reason:)`` for an id that would
    ///   not come back: one with a dot in its last component, or that is no relative path downwards.
    public mutating func append(_ image: SourceImage) throws(SourceError) {
        let key = hasImageExtension(image.id) ? Self.droppingExtension(image.id) : image.id
        let parts = key.split(separator: "/", omittingEmptySubsequences: false)
        if parts.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }) {
            throw .unwritable(path: image.id, reason: "the id is no relative path downwards; rename it")
        }
        if parts.last?.utf8.contains(UInt8(ascii: ".")) == true {
            throw .unwritable(
                path: image.id,
                reason: "an archive's keys end at the first dot; rename the image"
            )
        }
        if let label = image.label { try write(key + ".cls", Array(String(label).utf8)) }
        switch image.content {
        case .encoded(let bytes, let format):
            try write(key + "." + format.fileExtension, bytes)
        case .pixels(let pixels):
            try write(key + ".png", try Self.encode(pixels, id: image.id))
        }
        imageCount += 1
    }

    /// Ends the archive.
    ///
    /// - Throws: what the sink throws.
    public mutating func finish() throws(SourceError) {
        try sink([UInt8](repeating: 0, count: 2 * TarHeader.blockBytes))
    }

    /// Writes an archive file: `fill` appends the images, and the file appears at `path` only when whole.
    ///
    /// - Throws: ``SourceError/unwritable(path:reason:)``, and what `fill` throws; then nothing is left.
    public static func write(
        to path: String,
        _ fill: (inout WebDatasetWriter) throws(SourceError) -> Void
    ) throws(SourceError) {
        let partial = path + ".partial"
        let descriptor = open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .unwritable(path: partial, reason: systemReason(errno)) }
        do throws(SourceError) {
            defer { close(descriptor) }
            var writer = WebDatasetWriter { bytes throws(SourceError) in
                try writeAll(bytes, to: descriptor, path: partial)
            }
            try fill(&writer)
            try writer.finish()
            guard fsync(descriptor) == 0 else {
                throw .unwritable(path: partial, reason: systemReason(errno))
            }
        } catch {
            unlink(partial)
            throw error
        }
        guard rename(partial, path) == 0 else {
            let reason = systemReason(errno)
            unlink(partial)
            throw .unwritable(path: path, reason: reason)
        }
    }

    private static func encode(_ pixels: RGBImage, id: String) throws(SourceError) -> [UInt8] {
        do throws(ImageEncoder.Failure) {
            return try ImageEncoder.png(pixels)
        } catch {
            throw .unwritable(path: id, reason: error.description)
        }
    }

    private static func droppingExtension(_ id: String) -> String {
        let dot = id.utf8.lastIndex(of: UInt8(ascii: ".")) ?? id.endIndex
        return String(id[..<dot])
    }

    /// One member; a name over 100 bytes goes into a pax header before it.
    private func write(_ name: String, _ content: [UInt8]) throws(SourceError) {
        let bytes = Array(name.utf8)
        if bytes.count > 100 {
            try writeMember(Array("pax".utf8), kind: UInt8(ascii: "x"), paxRecord("path", bytes))
        }
        try writeMember(Array(bytes.prefix(100)), kind: UInt8(ascii: "0"), content)
    }

    private func writeMember(_ name: [UInt8], kind: UInt8, _ content: [UInt8]) throws(SourceError) {
        var block = [UInt8](repeating: 0, count: TarHeader.blockBytes)
        func put(_ bytes: some Collection<UInt8>, at offset: Int) {
            block.replaceSubrange(offset..<(offset + bytes.count), with: bytes)
        }
        put(name, at: 0)
        put(octal(0o644, digits: 7), at: 100)
        put(octal(0, digits: 7), at: 108)
        put(octal(0, digits: 7), at: 116)
        put(octal(content.count, digits: 11), at: 124)
        put(octal(0, digits: 11), at: 136)
        put([UInt8](repeating: 0x20, count: 8), at: 148)
        block[156] = kind
        put(Array("ustar".utf8) + [0] + Array("00".utf8), at: 257)
        let sum = block.reduce(0) { $0 + Int($1) }
        put(octal(sum, digits: 6) + [0, 0x20], at: 148)
        let padding = -content.count & (TarHeader.blockBytes - 1)
        try sink(block + content + [UInt8](repeating: 0, count: padding))
    }
}

/// `length key=value newline`, where the length counts its own digits too.
private func paxRecord(_ key: String, _ value: [UInt8]) -> [UInt8] {
    let rest = Array(" \(key)=".utf8) + value + [0x0A]
    var length = rest.count
    while String(length).utf8.count + rest.count != length { length = String(length).utf8.count + rest.count }
    return Array(String(length).utf8) + rest
}

private func octal(_ value: Int, digits: Int) -> [UInt8] {
    let text = Array(String(value, radix: 8).utf8)
    precondition(text.count <= digits, "a tar member is under 8 GiB")
    return [UInt8](repeating: 0x30, count: digits - text.count) + text
}

private func writeAll(_ bytes: [UInt8], to descriptor: Int32, path: String) throws(SourceError) {
    var rest = bytes[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { throw .unwritable(path: path, reason: systemReason(errno)) }
        rest.removeFirst(count)
    }
}
