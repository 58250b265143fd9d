import Artifacts
import Cutover
import PipelineMessages
import Testing

@Suite struct HeadAssemblerTests {
    private let file = (0..<100).map { UInt8($0) }

    @Test func chunksInAnyOrderJoinToTheFile() throws {
        var assembler = HeadAssembler()
        assembler.take(chunk: Array(file[60...]), index: 2, of: digest("a"))
        assembler.take(chunk: Array(file[..<30]), index: 0, of: digest("a"))
        assembler.take(chunk: [9], index: 0, of: digest("other"))
        assembler.take(chunk: Array(file[30..<60]), index: 1, of: digest("a"))
        #expect(try assembler.take(manifest("a", file: file, chunks: 3)).get() == file)
    }

    @Test func aMissingChunkIsReportedAndCanStillCome() throws {
        var assembler = HeadAssembler()
        assembler.take(chunk: Array(file[..<50]), index: 0, of: digest("a"))
        let whole = manifest("a", file: file, chunks: 2)
        #expect(assembler.take(whole) == .failure(.incomplete(expected: 2, found: 1)))
        let late = assembler.take(chunk: Array(file[50...]), index: 1, of: digest("a"))
        #expect(late?.0 == whole)
        #expect(late?.1 == file)
        #expect(assembler.take(whole) == .failure(.incomplete(expected: 2, found: 0)), "joined once")
    }

    @Test func aRepeatedChunkReplacesTheFirst() throws {
        var assembler = HeadAssembler()
        assembler.take(chunk: [0, 0, 0], index: 0, of: digest("a"))
        assembler.take(chunk: file, index: 0, of: digest("a"))
        #expect(try assembler.take(manifest("a", file: file)).get() == file)
    }

    @Test func anotherFileThanTheManifestsIsRefused() {
        var assembler = HeadAssembler()
        var damaged = file
        damaged[50] ^= 1
        assembler.take(chunk: damaged, index: 0, of: digest("a"))
        #expect(
            assembler.take(manifest("a", file: file))
                == .failure(
                    .digestMismatch(
                        expected: ContentDigest(of: file),
                        actual: ContentDigest(of: damaged)
                    )
                )
        )
    }

    @Test func aFileOfAnotherSizeThanTheManifestsIsRefused() {
        var assembler = HeadAssembler()
        assembler.take(chunk: file, index: 0, of: digest("a"))
        guard case .failure(.digestMismatch) = assembler.take(manifest("a", file: file, bytes: 99)) else {
            Issue.record("accepted")
            return
        }
    }

    @Test func moreChunksThanTheManifestNamesAreRefused() {
        var assembler = HeadAssembler()
        assembler.take(chunk: Array(file[..<50]), index: 0, of: digest("a"))
        assembler.take(chunk: Array(file[50...]), index: 1, of: digest("a"))
        guard case .failure(.digestMismatch) = assembler.take(manifest("a", file: file)) else {
            Issue.record("accepted")
            return
        }
    }

    @Test(arguments: [0, -1, Int.min, HeadManifest.fileBytesMax + 1, Int.max])
    func aSizeOutOfRangeIsRefused(bytes: Int) {
        var assembler = HeadAssembler()
        assembler.take(chunk: file, index: 0, of: digest("a"))
        guard case .failure(.outOfRange(let what)) = assembler.take(manifest("a", file: file, bytes: bytes))
        else {
            Issue.record("accepted \(bytes) bytes")
            return
        }
        #expect(what.contains("\(bytes)"))
    }

    @Test(arguments: [0, -1, Int.min, 1 << 16 + 1, Int.max])
    func anAbsurdNumberOfChunksIsRefused(chunks: Int) {
        var assembler = HeadAssembler()
        assembler.take(chunk: file, index: 0, of: digest("a"))
        guard
            case .failure(.incomplete(chunks, _)) = assembler.take(manifest("a", file: file, chunks: chunks))
        else {
            Issue.record("accepted \(chunks) chunks")
            return
        }
    }

    @Test func aChunkFarBeyondAnyHeadIsNotKept() {
        var assembler = HeadAssembler()
        assembler.take(chunk: file, index: 1 << 16, of: digest("a"))
        #expect(
            assembler.take(manifest("a", file: file, chunks: 1 << 16 + 1))
                == .failure(.incomplete(expected: 1 << 16 + 1, found: 0))
        )
    }

    @Test func whatWaitsIsBoundedAndTheOldestGoesFirst() throws {
        // One shared buffer: copies of an array that nobody changes take no memory.
        let chunk = [UInt8](repeating: 7, count: 32 << 20)
        var assembler = HeadAssembler()
        for name in 0..<8 { assembler.take(chunk: chunk, index: 0, of: digest("\(name)")) }
        // Repeating a chunk is no growth.
        assembler.take(chunk: chunk, index: 0, of: digest("0"))
        assembler.take(chunk: [1], index: 0, of: digest("last"))
        #expect(
            assembler.take(manifest("0", file: [1], bytes: chunk.count))
                == .failure(.incomplete(expected: 1, found: 0))
        )
        #expect(try assembler.take(manifest("last")).get() == [1])
        for name in 1..<8 {
            guard case .failure(.digestMismatch) = assembler.take(manifest("\(name)", file: [1])) else {
                Issue.record("head \(name) was forgotten though there was room")
                return
            }
        }
    }

    @Test func theFailuresSayWhatToDo() {
        let failures: [HeadAssembler.Failure] = [
            .incomplete(expected: 2, found: 1), .digestMismatch(expected: digest("a"), actual: digest("b")),
        ]
        for failure in failures { #expect(failure.description.contains("push it again")) }
        #expect(failures[1].description.contains(digest("a").short))
        #expect(HeadAssembler.Failure.outOfRange("0 bytes").description.contains("0 bytes"))
    }

    /// Chunks of a byte take much more memory than a byte.
    @Test func smallChunksAndManyHeadsAreBounded() {
        var assembler = HeadAssembler()
        for head in 0..<3_000 { assembler.take(chunk: [1], index: 0, of: digest("\(head)")) }
        #expect(assembler.load.heads == HeadAssembler.waitingHeadsMax)
        for head in 0..<18 {
            let many = digest("many\(head)")
            for index in 0..<65_536 { assembler.take(chunk: [1], index: index, of: many) }
        }
        #expect(assembler.load.bytes <= HeadAssembler.waitingBytesMax)
        #expect(assembler.load.bytes / HeadAssembler.chunkBytesMin <= 1 << 20)
        // What came last is still there.
        #expect(
            assembler.take(manifest("many17", file: [UInt8](repeating: 1, count: 65_536), chunks: 65_536))
                == .success([UInt8](repeating: 1, count: 65_536)))
    }
}
