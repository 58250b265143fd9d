import ImageDecoding
import Testing
import TestSupport

/// A gzip member whose deflate blocks are stored.
private func gzip(_ content: [UInt8]) -> [UInt8] {
    let crc = crc32(content)
    let size = UInt32(content.count)
    let tail = [crc, size].flatMap { value in
        [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: value >> $0) }
    }
    return [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255] + storedDeflate(content) + tail
}

/// Inflates `file` giving `inputStep` bytes at a time into `outputStep` bytes of room.
private func inflate(
    _ file: [UInt8],
    inputStep: Int,
    outputStep: Int
) throws -> (content: [UInt8], complete: Bool) {
    var inflater = GzipInflater()
    var content: [UInt8] = []
    var room = [UInt8](repeating: 0, count: outputStep)
    var start = 0
    while true {
        let end = min(start + inputStep, file.count)
        let (consumed, produced) = try file[start..<end].withUnsafeBytes { input in
            try room.withUnsafeMutableBytes { try inflater.inflate(input, into: $0) }
        }
        content += room[..<produced]
        start += consumed
        if consumed == 0 && produced == 0 && start == file.count { break }
    }
    return (content, inflater.isAtMemberBoundary)
}

@Suite struct GzipInflaterTests {
    @Test(arguments: [1, 7, 4096], [1, 13, 1 << 17])
    func inflatesInPiecesOfAnySize(inputStep: Int, outputStep: Int) throws {
        var random = SeededRandom(seed: 41)
        let content = random.bytes(3000)
        let result = try inflate(gzip(content), inputStep: inputStep, outputStep: outputStep)
        #expect(result.content == content)
        #expect(result.complete)
    }

    @Test func readsConcatenatedMembersAsOne() throws {
        let result = try inflate(gzip([1, 2]) + gzip([]) + gzip([3]), inputStep: 5, outputStep: 64)
        #expect(result.content == [1, 2, 3])
        #expect(result.complete)
    }

    @Test func tellsATruncatedStreamFromAWholeOne() throws {
        let file = gzip([UInt8](repeating: 5, count: 100))
        for length in 1..<file.count {
            let result = try inflate(Array(file[..<length]), inputStep: 64, outputStep: 64)
            #expect(!result.complete, "cut to \(length)")
        }
    }

    @Test func refusesWhatIsNotGzipOrFailsItsChecksum() {
        #expect(throws: GzipInflater.Corrupt.self) {
            try inflate(Array("not gzip".utf8), inputStep: 8, outputStep: 8)
        }
        var file = gzip([1, 2, 3, 4])
        file[file.count - 8] ^= 1
        #expect(throws: GzipInflater.Corrupt.self) { try inflate(file, inputStep: 64, outputStep: 64) }
    }
}
