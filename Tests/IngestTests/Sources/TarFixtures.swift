/// A tar writer for tests, apart from the package's own: any type, any lie, ustar, GNU and old style.
struct TestTar {
    var bytes: [UInt8] = []

    /// What a member's header says where it should say something else.
    struct Lie {
        var size: String?
        var checksumOffset = 0
        var magic: [UInt8] = Array("ustar".utf8) + [0] + Array("00".utf8)
        var prefix = ""
        var signedChecksum = false
    }

    mutating func add(
        _ name: String,
        _ content: [UInt8],
        type: UInt8 = UInt8(ascii: "0"),
        lie: Lie = Lie()
    ) {
        add(Array(name.utf8), content, type: type, lie: lie)
    }

    mutating func add(
        _ name: [UInt8],
        _ content: [UInt8],
        type: UInt8 = UInt8(ascii: "0"),
        lie: Lie = Lie()
    ) {
        var block = [UInt8](repeating: 0, count: 512)
        func put(_ text: [UInt8], _ offset: Int) {
            for (index, byte) in text.enumerated() { block[offset + index] = byte }
        }
        let octalSize = String(content.count, radix: 8)
        put(Array(name.prefix(100)), 0)
        put(Array("0000644".utf8), 100)
        put(Array((lie.size ?? String(repeating: "0", count: 11 - octalSize.count) + octalSize).utf8), 124)
        put([UInt8](repeating: 0x20, count: 8), 148)
        block[156] = type
        put(lie.magic, 257)
        put(Array(lie.prefix.utf8), 345)
        let sum = block.reduce(0) { $0 + (lie.signedChecksum ? Int(Int8(bitPattern: $1)) : Int($1)) }
        let digits = String(sum + lie.checksumOffset, radix: 8)
        put(Array((String(repeating: "0", count: 6 - digits.count) + digits).utf8) + [0], 148)
        bytes += block + content + [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    }

    mutating func addPax(_ records: [(key: String, value: String)]) {
        var content: [UInt8] = []
        for (key, value) in records {
            let rest = " \(key)=\(value)\n"
            var length = rest.utf8.count + 1
            while rest.utf8.count + String(length).utf8.count != length { length += 1 }
            content += Array((String(length) + rest).utf8)
        }
        add("pax", content, type: UInt8(ascii: "x"))
    }

    /// The archive with its end marker.
    var finished: [UInt8] { bytes + [UInt8](repeating: 0, count: 1024) }
}
