/// Walks the files of a tar stream without holding more than one small member.
struct TarReader: Sendable {
    /// A file in the archive.
    struct Member: Sendable, Hashable {
        /// As stored, any bytes but zero; never used as a path.
        let name: [UInt8]
        let size: Int
    }

    /// The most bytes of a long name or of pax attributes.
    private static let attributeBytesMax = 1 << 20

    private let stream: ByteStream
    /// Content and padding of the present member not yet read.
    private var contentLeft = 0
    private var paddingLeft = 0
    private var endMarkerSeen = false
    private var memberName: [UInt8] = []

    /// Reads from where `stream` stands.
    init(_ stream: ByteStream) { self.stream = stream }

    /// Moves to the next file, passing over what is left of the present one; `nil` at the end.
    ///
    /// Archives set one after another read as one.
    ///
    /// - Throws: ``SourceError/malformed(source:reason:)`` for a bad header,
    ///   ``SourceError/truncated(source:reason:)`` for content or an end marker that is missing.
    mutating func next() throws(SourceError) -> Member? {
        try finishMember()
        var longName: [UInt8]?
        var attributes: PaxAttributes?
        while true {
            guard let header = try readHeader() else { return nil }
            contentLeft = header.size
            paddingLeft = -header.size & (TarHeader.blockBytes - 1)
            memberName = header.name
            switch header.kind {
            case .longName:
                longName = Array(try readAttribute().prefix { $0 != 0 })
            case .attributes:
                attributes = PaxAttributes(try readAttribute())
                if attributes == nil { throw damaged("its pax attributes cannot be parsed") }
            case .file:
                if let size = attributes?.size {
                    contentLeft = size
                    paddingLeft = -size & (TarHeader.blockBytes - 1)
                }
                memberName = attributes?.path ?? longName ?? header.name
                // An old-style folder is a file whose whole name ends in a slash; the header alone may hold
                // only the start of it.
                guard memberName.last == UInt8(ascii: "/") else {
                    return Member(name: memberName, size: contentLeft)
                }
                longName = nil
                attributes = nil
                try finishMember()
            case .other:
                longName = nil
                attributes = nil
                try finishMember()
            }
        }
    }

    /// The whole content of the present member.
    ///
    /// - Throws: ``SourceError/truncated(source:reason:)``.
    mutating func content() throws(SourceError) -> [UInt8] {
        let stated = contentLeft
        contentLeft = 0
        let bytes = try stream.read(stated)
        guard bytes.count == stated else { throw short(stated, bytes.count) }
        return bytes
    }

    private mutating func finishMember() throws(SourceError) {
        let (content, padding) = (contentLeft, paddingLeft)
        contentLeft = 0
        paddingLeft = 0
        let skipped = try stream.skip(content)
        guard skipped == content else { throw short(content, skipped) }
        guard try stream.skip(padding) == padding else { throw short(content + padding, content) }
    }

    private mutating func readAttribute() throws(SourceError) -> [UInt8] {
        guard contentLeft <= Self.attributeBytesMax else {
            throw damaged("its attributes claim \(contentLeft) bytes")
        }
        let bytes = try content()
        try finishMember()
        return bytes
    }

    /// The next header, with blocks of zeros passed over; `nil` at a proper end.
    private mutating func readHeader() throws(SourceError) -> TarHeader? {
        while true {
            let block = try stream.read(TarHeader.blockBytes)
            if block.isEmpty {
                if endMarkerSeen { return nil }
                throw .truncated(source: stream.name, reason: "the tar archive has no end marker")
            }
            guard block.count == TarHeader.blockBytes else {
                throw .truncated(
                    source: stream.name,
                    reason: "a tar header has \(block.count) of 512 bytes"
                )
            }
            if block.allSatisfy({ $0 == 0 }) {
                endMarkerSeen = true
                continue
            }
            endMarkerSeen = false
            do throws(TarHeader.Problem) {
                return try TarHeader(block)
            } catch {
                let what = error == .checksum ? "has a wrong checksum" : "states no valid size"
                throw .malformed(
                    source: stream.name,
                    reason: "the tar header after \(printedName) \(what)"
                )
            }
        }
    }

    private var printedName: String {
        memberName.isEmpty
            ? "the start" : SourceImage.printableID(String(decoding: memberName, as: UTF8.self))
    }

    private func damaged(_ what: String) -> SourceError {
        .malformed(source: stream.name, reason: "the tar member \(printedName) is wrong: \(what)")
    }

    private func short(_ stated: Int, _ found: Int) -> SourceError {
        .truncated(
            source: stream.name,
            reason: "\(printedName) states \(stated) bytes and \(found) follow"
        )
    }
}
