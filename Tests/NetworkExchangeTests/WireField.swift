/// One field of a protobuf message, read and written without the code under test.
struct WireField {
    /// What a message that is no protobuf gives.
    struct Damaged: Error {}

    let number: UInt64
    /// 0 is a varint, 1 eight bytes, 2 bytes behind a length, 5 four bytes.
    let type: UInt64
    /// Without the length of type 2.
    var payload: [UInt8]

    /// The fields of `message`, in its order.
    static func fields(of message: [UInt8]) throws -> [WireField] {
        var rest = message[...]
        var fields: [WireField] = []
        while !rest.isEmpty {
            let key = try varint(&rest).value
            let payload: [UInt8]
            switch key & 7 {
            case 0: payload = try varint(&rest).bytes
            case 1: payload = try take(8, &rest)
            case 2: payload = try take(try varint(&rest).value, &rest)
            case 5: payload = try take(4, &rest)
            default: throw Damaged()
            }
            fields.append(WireField(number: key >> 3, type: key & 7, payload: payload))
        }
        return fields
    }

    /// The message that has `fields`; lengths follow from what they hold.
    static func message(_ fields: [WireField]) -> [UInt8] {
        fields.flatMap { field in
            let length = field.type == 2 ? varint(UInt64(field.payload.count)) : []
            return varint(field.number << 3 | field.type) + length + field.payload
        }
    }

    /// `message` with `change` applied to every field at the end of `path`, a list of field numbers; `nil` drops
    /// the field.
    static func rewriting(
        _ message: [UInt8], at path: ArraySlice<UInt64>, _ change: ([UInt8]) throws -> [UInt8]?
    ) throws -> [UInt8] {
        guard let number = path.first else { return try change(message) ?? [] }
        return Self.message(
            try fields(of: message).compactMap { field in
                guard field.number == number else { return field }
                var field = field
                if path.count > 1 {
                    field.payload = try rewriting(field.payload, at: path.dropFirst(), change)
                } else {
                    guard let payload = try change(field.payload) else { return nil }
                    field.payload = payload
                }
                return field
            })
    }

    private static func varint(_ rest: inout ArraySlice<UInt8>) throws -> (value: UInt64, bytes: [UInt8]) {
        var (value, bytes) = (UInt64(0), [UInt8]())
        repeat {
            guard let byte = rest.popFirst(), bytes.count < 10 else { throw Damaged() }
            value |= UInt64(byte & 127) << (7 * UInt64(bytes.count))
            bytes.append(byte)
        } while bytes.last.map { $0 & 128 != 0 } ?? false
        return (value, bytes)
    }

    private static func varint(_ value: UInt64) -> [UInt8] {
        value < 128 ? [UInt8(value)] : [UInt8(value & 127) | 128] + varint(value >> 7)
    }

    private static func take(_ count: UInt64, _ rest: inout ArraySlice<UInt8>) throws -> [UInt8] {
        guard count <= rest.count else { throw Damaged() }
        defer { rest = rest.dropFirst(Int(count)) }
        return Array(rest.prefix(Int(count)))
    }
}
