internal import CRDKafka

/// The fields of one message in the form of the library's array call.
struct MessageFields {
    private(set) var all: [rd_kafka_vu_t] = []

    mutating func topic(_ name: UnsafePointer<CChar>) {
        append(RD_KAFKA_VTYPE_TOPIC) { $0.u.cstr = name }
    }

    mutating func partition(_ number: Int32) { append(RD_KAFKA_VTYPE_PARTITION) { $0.u.i32 = number } }

    mutating func memory(_ type: rd_kafka_vtype_t, _ bytes: UnsafeRawBufferPointer?) {
        append(type) {
            // The library does not write through it: the bytes are copied.
            $0.u.mem.ptr = UnsafeMutableRawPointer(mutating: bytes?.baseAddress)
            $0.u.mem.size = bytes?.count ?? 0
        }
    }

    mutating func tag(_ tag: UInt64) {
        append(RD_KAFKA_VTYPE_OPAQUE) { $0.u.ptr = UnsafeMutableRawPointer(bitPattern: UInt(tag)) }
    }

    mutating func copied() { append(RD_KAFKA_VTYPE_MSGFLAGS) { $0.u.i = RD_KAFKA_MSG_F_COPY } }

    mutating func headers(_ list: OpaquePointer) { append(RD_KAFKA_VTYPE_HEADERS) { $0.u.headers = list } }

    private mutating func append(_ type: rd_kafka_vtype_t, _ fill: (inout rd_kafka_vu_t) -> Void) {
        var field = rd_kafka_vu_t()
        field.vtype = type
        fill(&field)
        all.append(field)
    }
}

/// Lends `bytes` with an address even when they are empty: to the library no address means no value at all.
func withOptionalBytes<Result>(
    _ bytes: [UInt8]?,
    _ body: (UnsafeRawBufferPointer?) -> Result
) -> Result {
    guard let bytes else { return body(nil) }
    guard !bytes.isEmpty else {
        return withUnsafeBytes(of: UInt8(0)) { body(UnsafeRawBufferPointer(rebasing: $0[..<0])) }
    }
    return bytes.withUnsafeBytes { body($0) }
}
