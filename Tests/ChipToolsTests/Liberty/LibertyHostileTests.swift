import ChipTools
import Foundation
import TestSupport
import Testing

@Suite struct LibertyHostileTests {
    @Test func everyTruncationIsAnError() throws {
        let text = Array(try TinyLiberty.text().utf8)
        let end = try #require(text.lastIndex(of: UInt8(ascii: "}")))
        for length in Swift.stride(from: 0, through: end, by: 37) {
            #expect(throws: LibertyError.self) {
                try LibertyLibrary(LibertyFile(name: "cut", bytes: Array(text.prefix(length))))
            }
        }
    }

    @Test func randomMutationsNeverTrap() throws {
        let original = Array(try TinyLiberty.text().utf8)
        var random = SeededRandom(seed: 7)
        let marks = Array("{}()\";:,\\/*!'\u{0}\n0e9".utf8)
        var accepted = 0
        for _ in 0..<400 {
            var text = original
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let place = Int.random(in: 0..<text.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: text[place] = marks.randomElement(using: &random) ?? 0
                case 1: text.remove(at: place)
                default: text.insert(marks.randomElement(using: &random) ?? 0, at: place)
                }
            }
            guard let library = try? LibertyLibrary(LibertyFile(name: "x", bytes: text)) else { continue }
            accepted += 1
            // What is read must also survive what is made of it.
            _ = CellModels([library]).text.count
            _ = CellRoles([library])
            _ = try? LibertyMerge([library, library])
        }
        #expect(accepted > 0 && accepted < 400)
    }

    @Test func deepNestingIsBounded() {
        for opening in ["library (a) {", "library (a) { cell (b) {", "library (a) { cell (b) { pin (c) {"] {
            let text = opening + String(repeating: "x () {", count: 200_000)
            #expect(throws: LibertyError.self) { try TinyLiberty.parse(text) }
        }
    }

    @Test func longNamesAndListsAreBounded() {
        let name = String(repeating: "n", count: 1 << 17)
        for text in [
            "library (\(name)) { }", "library (a) { cell (\"\(name)\") { } }", "library (a) { x : \(name); }",
            "library (a) { x (\(String(repeating: "1,", count: 10_000))); }",
            "library (a) { x : \(String(repeating: "1 ", count: 200_000)); }",
        ] {
            #expect(throws: LibertyError.self) { try TinyLiberty.parse(text) }
        }
    }

    @Test func gzipIsKnownByItsBytes() throws {
        let folder = try ScratchFolder()
        let text = Array(try TinyLiberty.text().utf8)
        let packed = Self.gzip(text)
        // The name says nothing; two members are one file.
        let path = try folder.write(packed + Self.gzip(Array("\n".utf8)), "tiny.lib")
        #expect(try LibertyFile(path: path).bytes == text + [0x0A])
        #expect(try LibertyLibrary(path: folder.write(text, "plain.lib.gz")).cells.count == 19)
    }

    @Test func damagedGzipIsRefused() throws {
        let folder = try ScratchFolder()
        let packed = Self.gzip(Array(try TinyLiberty.text().utf8))
        var flipped = packed
        flipped[packed.count / 2] ^= 1
        for (index, bytes) in [packed.dropLast(1), packed.prefix(2), packed.prefix(1000), flipped[...]]
            .enumerated()
        {
            let path = try folder.write(Array(bytes), "\(index).gz")
            #expect(throws: LibertyError.corruptGzip(file: path)) { try LibertyFile(path: path) }
        }
    }

    @Test func sizeIsBoundedWhileUnpacking() throws {
        let folder = try ScratchFolder()
        let path = try folder.write(Self.gzip([UInt8](repeating: 0x20, count: 60_000)), "bomb.gz")
        #expect(throws: LibertyError.tooLarge(file: path, limit: 59_999)) {
            try LibertyFile(path: path, limit: 59_999)
        }
        #expect(throws: LibertyError.self) { try LibertyFile(path: folder.path + "/none") }
        #expect(throws: LibertyError.self) { try LibertyFile(path: folder.path) }
    }

    /// One gzip member of stored blocks.
    private static func gzip(_ bytes: [UInt8]) -> [UInt8] {
        var packed: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3]
        var rest = bytes[...]
        repeat {
            let piece = rest.prefix(60_000)
            rest = rest.dropFirst(piece.count)
            let length = UInt16(piece.count)
            packed += [rest.isEmpty ? 1 : 0] + little(length) + little(~length) + piece
        } while !rest.isEmpty
        var crc: UInt32 = ~0
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
        }
        return packed + little(~crc) + little(UInt32(bytes.count))
    }

    private static func little(_ value: some FixedWidthInteger & UnsignedInteger) -> [UInt8] {
        (0..<value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }
}
