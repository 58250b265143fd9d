/// Protobuf's wire format.
struct ProtoWriter {
    private(set) var bytes: [UInt8] = []

    private mutating func raw(_ value: UInt64) {
        var rest = value
        while rest >= 128 {
            bytes.append(UInt8(rest & 127) | 128)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func varint(_ field: UInt64, _ value: UInt64) {
        raw(field << 3)
        raw(value)
    }

    mutating func data(_ field: UInt64, _ value: [UInt8]) {
        raw(field << 3 | 2)
        raw(UInt64(value.count))
        bytes += value
    }

    mutating func text(_ field: UInt64, _ value: String) { data(field, Array(value.utf8)) }
    mutating func message(_ field: UInt64, _ value: ProtoWriter) { data(field, value.bytes) }

    mutating func packed(_ field: UInt64, _ values: [UInt64]) {
        var inner = ProtoWriter()
        for value in values { inner.raw(value) }
        data(field, inner.bytes)
    }

    mutating func real(_ field: UInt64, _ value: Float) {
        raw(field << 3 | 5)
        bytes += (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) }
    }
}
