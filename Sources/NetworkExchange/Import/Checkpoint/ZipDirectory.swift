/// What a ZIP archive holds, as far as its members are stored and not packed: `torch.save` stores. Packed ones are
/// left out.
///
/// Sizes and offsets of the 64-bit extension are read. Members may share bytes; none reaches beyond the file.
///
/// - Source: PKWARE's APPNOTE 6.3.10, sections 4.3 and 4.5.3.
struct ZipDirectory {
    /// Where the bytes of each member are, by name.
    let members: [String: Range<Int>]

    private static let countMax = 1 << 16

    /// Reads the directory at the end of `bytes`.
    init(_ bytes: [UInt8]) throws(NetworkImportError) {
        let (start, count) = try Self.directory(bytes)
        guard count <= Self.countMax else {
            throw .checkpoint(reason: "the ZIP archive has \(count) members, above \(Self.countMax)")
        }
        var cursor = try Self.cursor(bytes, at: start)
        var members: [String: Range<Int>] = [:]
        for _ in 0..<count {
            let (name, range) = try Self.entry(&cursor, bytes)
            guard let range else { continue }
            guard members.updateValue(range, forKey: name) == nil else {
                throw .checkpoint(reason: "the ZIP archive has two members called \(shown(name))")
            }
        }
        self.members = members
    }

    /// Where the list of members begins, and how many there are.
    private static func directory(_ bytes: [UInt8]) throws(NetworkImportError) -> (start: Int, count: Int) {
        let least = max(0, bytes.count - 65_557)
        var end = bytes.count - 22
        while end >= least, !bytes[end...].starts(with: [0x50, 0x4B, 5, 6]) { end -= 1 }
        guard end >= least else {
            throw .checkpoint(reason: "the ZIP archive has no directory: it is cut short")
        }
        var cursor = try cursor(bytes, at: end + 10)
        let count = Int(try cursor.number(UInt16.self))
        _ = try cursor.take(4)
        let start = Int(try cursor.number(UInt32.self))
        guard count == 0xFFFF || start == 0xFFFF_FFFF, end >= 20,
            bytes[(end - 20)...].starts(with: [0x50, 0x4B, 6, 7])
        else { return (start, count) }
        var locator = try Self.cursor(bytes, at: end - 12)
        var wide = try Self.cursor(bytes, at: try size(&locator) + 32)
        let wideCount = try size(&wide)
        _ = try wide.take(8)
        return (try size(&wide), wideCount)
    }

    /// One member: its name, and where its bytes are; `nil` if they are packed or encrypted.
    private static func entry(
        _ cursor: inout ByteCursor, _ bytes: [UInt8]
    ) throws(NetworkImportError) -> (String, Range<Int>?) {
        guard try cursor.number(UInt32.self) == 0x0201_4B50 else {
            throw .checkpoint(reason: "the ZIP archive's directory is damaged")
        }
        _ = try cursor.take(4)
        let flags = try cursor.number(UInt16.self)
        let method = try cursor.number(UInt16.self)
        _ = try cursor.take(8)
        var packed = Int(try cursor.number(UInt32.self))
        var unpacked = Int(try cursor.number(UInt32.self))
        let lengths = (
            name: Int(try cursor.number(UInt16.self)), extra: Int(try cursor.number(UInt16.self)),
            comment: Int(try cursor.number(UInt16.self))
        )
        _ = try cursor.take(8)
        var offset = Int(try cursor.number(UInt32.self))
        let name = String(decoding: try cursor.take(lengths.name), as: UTF8.self)
        var extra = ByteCursor(try cursor.take(lengths.extra))
        _ = try cursor.take(lengths.comment)
        while !extra.isAtEnd {
            let kind = try extra.number(UInt16.self)
            var field = ByteCursor(try extra.take(Int(try extra.number(UInt16.self))))
            guard kind == 1 else { continue }
            if unpacked == 0xFFFF_FFFF { unpacked = try size(&field) }
            if packed == 0xFFFF_FFFF { packed = try size(&field) }
            if offset == 0xFFFF_FFFF { offset = try size(&field) }
        }
        guard method == 0, flags & 1 == 0, packed == unpacked else { return (name, nil) }
        // Name and extra field stand again before the bytes, and may be longer there.
        var local = try Self.cursor(bytes, at: offset + 26)
        let skipped = Int(try local.number(UInt16.self)) + Int(try local.number(UInt16.self))
        _ = try local.take(skipped)
        let start = local.position
        _ = try local.take(packed)
        return (name, start..<start + packed)
    }

    /// A number of 64 bits that counts bytes of the file.
    private static func size(_ cursor: inout ByteCursor) throws(NetworkImportError) -> Int {
        let value = try cursor.number(UInt64.self)
        guard value < 1 << 40 else {
            throw .checkpoint(reason: "the ZIP archive's directory is damaged: a size of \(value)")
        }
        return Int(value)
    }

    private static func cursor(_ bytes: [UInt8], at start: Int) throws(NetworkImportError) -> ByteCursor {
        guard (0...bytes.count).contains(start) else {
            throw .checkpoint(reason: "the ZIP archive's directory is damaged: it names byte \(start)")
        }
        return ByteCursor(bytes[start...])
    }
}
