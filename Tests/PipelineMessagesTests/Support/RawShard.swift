import CXXHash
import PipelineMessages

/// The parts of a shard record, free to be wrong one by one; the checksum fits unless stated.
struct RawShard {
    var magic = Array("HSFSHARD".utf8)
    var version: UInt16 = 1
    var reserved16: UInt16 = 0
    var reserved32: UInt32 = 0
    var header: [UInt8]
    var body: [UInt8]
    var headerLength: UInt32?
    var bodyLength: UInt32?
    var checksum: UInt64?

    init(header: String, body: [UInt8]) {
        self.header = Array(header.utf8)
        self.body = body
    }

    /// Takes a good record apart.
    init(_ record: [UInt8]) {
        let length = record[12..<16].reversed().reduce(0) { $0 << 8 | Int($1) }
        header = Array(record[32..<(32 + length)])
        body = Array(record[(32 + length)...])
    }

    var bytes: [UInt8] {
        let rest = header + body
        return magic + little(version) + little(reserved16) + little(headerLength ?? UInt32(header.count))
            + little(bodyLength ?? UInt32(body.count)) + little(reserved32)
            + little(checksum ?? Self.sum(rest)) + rest
    }

    static func sum(_ bytes: [UInt8]) -> UInt64 {
        bytes.withUnsafeBytes { XXH3_64bits($0.baseAddress, $0.count) }
    }

    private func little(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian, Array.init)
    }
}

/// A JSON header with some fields changed; `nil` leaves a field out. Values are raw JSON.
func headerText(_ changes: [String: String?] = [:]) -> String {
    var fields: [String: String] = [
        "stream": "\"cam\"", "sequence": "7", "created_at_ms": "1", "encoding": "\"tensor-u8-nhwc\"",
        "height": "2", "width": "2", "channels": "1", "compression": "\"none\"", "raw_bytes": "8",
        "preprocessing": "\"p\"", "images": #"[{"id":"a"},{"id":"b"}]"#,
    ]
    for (name, value) in changes { fields[name] = value }
    return "{" + fields.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",")
        + "}"
}

/// Why a record is refused; `nil` when it is not.
func refusal(_ record: [UInt8]) -> ShardDecodingError? {
    do throws(ShardDecodingError) {
        _ = try ShardCodec.decode(record)
        return nil
    } catch {
        return error
    }
}
