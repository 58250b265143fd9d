private import CXXHash

/// The bytes of an ``ImageShard``. Layout (all integers little endian):
///
/// | offset | size | what |
/// | --- | --- | --- |
/// | 0 | 8 | `HSFSHARD` |
/// | 8 | 2 | schema version, 1 |
/// | 10 | 2 | reserved, 0 |
/// | 12 | 4 | header length H, bytes |
/// | 16 | 4 | body length B, bytes |
/// | 20 | 4 | reserved, 0 |
/// | 24 | 8 | XXH3-64 (seed 0) over the H + B bytes that follow |
/// | 32 | H | header, UTF-8 JSON (`schemas/shard-header.schema.json`) |
/// | 32 + H | B | body: one LZ4 block, or plain bytes |
public enum ShardCodec {
    /// Bytes before the header.
    public static let prefixBytes = 32
    /// The schema version written.
    public static let version = 1
    private static let magic = Array("HSFSHARD".utf8)

    /// How the body is compressed.
    public enum Compression: String, Sendable, Codable, CaseIterable {
        /// One LZ4 block.
        case lz4
        /// As it is.
        case none
    }

    struct Header: Codable, Equatable, WireKeyed {
        var stream: String
        var sequence: Int64
        var createdAtMs: Int64
        var encoding: Encoding
        var height: Int?
        var width: Int?
        var channels: Int?
        var compression: Compression
        var rawBytes: Int
        var fileBytes: [Int]?
        var preprocessing: String
        var images: [ShardImage]

        private enum CodingKeys: String, CodingKey {
            case stream, sequence, encoding, height, width, channels, compression, preprocessing, images
            case createdAtMs = "created_at_ms"
            case rawBytes = "raw_bytes"
            case fileBytes = "file_bytes"
        }
    }

    enum Encoding: String, Codable {
        case tensors = "tensor-u8-nhwc"
        case files = "image-files"
    }

    /// The bytes of `shard`. Encoded files are never compressed again.
    public static func encode(_ shard: ImageShard, compression: Compression = .lz4) -> [UInt8] {
        precondition(!shard.images.isEmpty, "a shard holds at least one image")
        var header = Header(
            stream: shard.stream, sequence: shard.sequence, createdAtMs: shard.createdAtMs, encoding: .files,
            compression: .none, rawBytes: 0, preprocessing: shard.preprocessing, images: shard.images)
        let body: [UInt8]
        switch shard.content {
        case .files(let files):
            precondition(files.count == shard.images.count, "one file for each image")
            header.fileBytes = files.map(\.count)
            body = Array(files.joined())
            header.rawBytes = body.count
        case .tensors(let height, let width, let channels, let bytes):
            precondition(
                bytes.count == shard.images.count * height * width * channels, "tensor bytes fit their shape")
            header.encoding = .tensors
            (header.height, header.width, header.channels) = (height, width, channels)
            header.rawBytes = bytes.count
            let packed = compression == .lz4 ? LZ4Block.compress(bytes) : bytes
            // Noise does not shrink; sending it plain saves the receiver a copy.
            let shrinks = packed.count < bytes.count
            header.compression = compression == .lz4 && shrinks ? .lz4 : .none
            body = shrinks ? packed : bytes
        }
        return frame(header: JSONRecord.encode(header), body: body)
    }

    /// Whether readers take a record's header: ids and labels of thousands of images may take more than its pixels.
    public static func headerFits(_ record: [UInt8]) -> Bool {
        guard record.count >= prefixBytes else { return false }
        return (0..<4).reduce(0) { $0 | Int(record[12 + $1]) << (8 * $1) } <= ShardLimits.headerBytesMax
    }

    /// A record of a header and a body, whatever they hold, with the right lengths and checksum.
    package static func frame(header json: [UInt8], body: [UInt8]) -> [UInt8] {
        var record: [UInt8] = []
        record.reserveCapacity(prefixBytes + json.count + body.count)
        record += magic
        append(UInt16(version), to: &record)
        append(UInt16(0), to: &record)
        append(UInt32(json.count), to: &record)
        append(UInt32(body.count), to: &record)
        append(UInt32(0), to: &record)
        append(UInt64(0), to: &record)
        record += json
        record += body
        let sum = record.withUnsafeBytes { checksum(UnsafeRawBufferPointer(rebasing: $0[prefixBytes...])) }
        for byte in 0..<8 { record[24 + byte] = UInt8(truncatingIfNeeded: sum >> (8 * byte)) }
        return record
    }

    /// Reads a shard, checking every length before it allocates.
    public static func decode(_ record: UnsafeRawBufferPointer) throws(ShardDecodingError) -> ImageShard {
        try open(record).unpack()
    }

    /// Checks a record and reads its header; nothing is allocated for its images.
    public static func open(_ record: UnsafeRawBufferPointer) throws(ShardDecodingError) -> PackedShard {
        let (header, body) = try parse(record)
        try validate(header, bodyBytes: body.count)
        return PackedShard(header: header, body: body)
    }

    /// Reads a shard from an array.
    public static func decode(_ record: [UInt8]) throws(ShardDecodingError) -> ImageShard {
        let result = record.withUnsafeBytes { bytes in
            Result { () throws(ShardDecodingError) in try decode(bytes) }
        }
        return try result.get()
    }

    /// How many images a record holds, checked as for decoding, without unpacking them.
    public static func imageCount(_ record: UnsafeRawBufferPointer) throws(ShardDecodingError) -> Int {
        try open(record).header.images.count
    }

    /// The preprocessing that a record of tensors states, checked as for decoding, without unpacking them; `nil` for a
    /// record of files.
    public static func tensorPreprocessing(
        _ record: UnsafeRawBufferPointer
    ) throws(ShardDecodingError) -> String? {
        let header = try open(record).header
        return header.encoding == .tensors ? header.preprocessing : nil
    }

    private static func parse(
        _ record: UnsafeRawBufferPointer
    ) throws(ShardDecodingError) -> (Header, UnsafeRawBufferPointer) {
        guard record.count >= prefixBytes else {
            throw .truncated(expected: prefixBytes, actual: record.count)
        }
        guard record[0..<8].elementsEqual(magic) else { throw .notAShard }
        let found = Int(record.loadUnaligned(fromByteOffset: 8, as: UInt16.self).littleEndian)
        guard found == version else { throw .unknownVersion(found) }
        let headerBytes = Int(record.loadUnaligned(fromByteOffset: 12, as: UInt32.self).littleEndian)
        let bodyBytes = Int(record.loadUnaligned(fromByteOffset: 16, as: UInt32.self).littleEndian)
        let reserved =
            UInt64(record.loadUnaligned(fromByteOffset: 10, as: UInt16.self))
            | UInt64(record.loadUnaligned(fromByteOffset: 20, as: UInt32.self))
        guard reserved == 0 else { throw .invalid(field: "reserved", value: "\(reserved)") }
        guard headerBytes <= ShardLimits.headerBytesMax else {
            throw .lengthOutOfRange(
                field: "header length", value: headerBytes, max: ShardLimits.headerBytesMax)
        }
        guard bodyBytes <= ShardLimits.bodyBytesMax else {
            throw .lengthOutOfRange(field: "body length", value: bodyBytes, max: ShardLimits.bodyBytesMax)
        }
        let total = prefixBytes + headerBytes + bodyBytes
        guard record.count >= total else { throw .truncated(expected: total, actual: record.count) }
        guard record.count == total else { throw .trailingBytes(record.count - total) }
        let stated = record.loadUnaligned(fromByteOffset: 24, as: UInt64.self).littleEndian
        let actual = checksum(UnsafeRawBufferPointer(rebasing: record[prefixBytes...]))
        guard stated == actual else { throw .checksumMismatch(expected: stated, actual: actual) }
        do {
            let header = try JSONRecord.decode(
                Header.self, from: record[prefixBytes..<(prefixBytes + headerBytes)])
            return (header, UnsafeRawBufferPointer(rebasing: record[(prefixBytes + headerBytes)...]))
        } catch {
            throw .header(error.problem)
        }
    }

    private static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        XXH3_64bits(bytes.baseAddress, bytes.count)
    }

    private static func append(_ value: some FixedWidthInteger, to record: inout [UInt8]) {
        withUnsafeBytes(of: value.littleEndian) { record.append(contentsOf: $0) }
    }
}
