/// The 512-byte header of a tar member: POSIX ustar, GNU and old style.
struct TarHeader: Sendable, Hashable {
    /// Bytes of a header and of every unit of content.
    static let blockBytes = 512

    /// What a member is, as far as a reader of images cares.
    enum Kind: Sendable, Hashable {
        case file
        /// Content is the name of the next member (GNU).
        case longName
        /// Content is attributes of the next member (POSIX pax).
        case attributes
        /// Folders, links, devices, global attributes: passed over.
        case other
    }

    /// Why 512 bytes are no header.
    enum Problem: Error, Hashable {
        case checksum
        case size
    }

    /// The name as stored, with the ustar prefix; any bytes but zero.
    let name: [UInt8]
    /// Bytes of content.
    let size: Int
    let kind: Kind

    /// Parses one block.
    ///
    /// - Throws: ``Problem/checksum`` when the stored sum fits neither unsigned nor signed bytes;
    ///   ``Problem/size`` when the size is no number or over 2^56.
    init(_ block: [UInt8]) throws(Problem) {
        precondition(block.count == Self.blockBytes, "a tar header has 512 bytes")
        guard let stored = Self.number(block[148..<156]), Self.sumFits(block, stored) else { throw .checksum }
        guard let size = Self.number(block[124..<136]) else { throw .size }
        self.size = size
        var name = Array(block[0..<100].prefix { $0 != 0 })
        // GNU's magic has a space where ustar's has a zero; its prefix field means something else.
        if block[257..<263].elementsEqual(Array("ustar".utf8) + [0]) {
            let prefix = block[345..<500].prefix { $0 != 0 }
            if !prefix.isEmpty { name = prefix + [UInt8(ascii: "/")] + name }
        }
        switch block[156] {
        case 0, UInt8(ascii: "0"), UInt8(ascii: "7"): kind = .file
        case UInt8(ascii: "L"): kind = .longName
        case UInt8(ascii: "x"): kind = .attributes
        default: kind = .other
        }
        self.name = name
    }

    private static func sumFits(_ block: [UInt8], _ stored: Int) -> Bool {
        var unsigned = 0
        var signed = 0
        for (index, byte) in block.enumerated() {
            // The checksum's own field counts as spaces.
            let value = (148..<156).contains(index) ? 0x20 : byte
            unsigned += Int(value)
            signed += Int(Int8(bitPattern: value))
        }
        return stored == unsigned || stored == signed
    }

    /// Octal digits among spaces and zeros, or GNU's binary form, marked by the top bit.
    private static func number(_ field: ArraySlice<UInt8>) -> Int? {
        var value = 0
        if field.first == 0x80 {
            for byte in field.dropFirst() {
                guard value < 1 << 48 else { return nil }
                value = value << 8 | Int(byte)
            }
            return value
        }
        let text = field.drop { $0 == 0x20 }.prefix { $0 != 0 && $0 != 0x20 }
        for digit in text {
            guard (0x30...0x37).contains(digit), value < 1 << 53 else { return nil }
            value = value << 3 | Int(digit - 0x30)
        }
        return value
    }
}

/// The attributes of a pax header that concern a reader of images.
struct PaxAttributes: Sendable, Hashable {
    private(set) var path: [UInt8]?
    private(set) var size: Int?

    /// Parses records `length key=value newline`, the length counting the whole record; `nil` when malformed.
    init?(_ content: [UInt8]) {
        var rest = content[...]
        while !rest.isEmpty {
            guard let space = rest.prefix(20).firstIndex(of: 0x20),
                let length = parseLabel(rest[..<space]), length <= rest.count,
                length >= space - rest.startIndex + 4
            else { return nil }
            let record = rest[(space + 1)..<(rest.startIndex + length)]
            guard record.last == 0x0A, let equals = record.firstIndex(of: UInt8(ascii: "=")) else {
                return nil
            }
            let value = record[(equals + 1)..<(record.endIndex - 1)]
            switch String(decoding: record[..<equals], as: UTF8.self) {
            case "path": path = Array(value)
            case "size":
                guard let number = Int(String(decoding: value, as: UTF8.self)), (0..<1 << 56).contains(number)
                else { return nil }
                size = number
            default: break
            }
            rest = rest[(rest.startIndex + length)...]
        }
    }
}
