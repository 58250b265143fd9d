import Ingest
import PipelineMessages
import Testing
import TestSupport

@Suite struct PackingTests {
    private static let side = 8
    private static let tensorBytes = side * side * 3

    private func packer(
        imagesMax: Int = 4,
        recordBytesMax: Int = 1_000_000,
        firstSequence: Int64 = 0,
        rawBytesMax: Int = ShardLimits.rawBytesMax
    ) -> ShardPacker {
        ShardPacker(
            stream: "cam",
            side: Self.side,
            imagesMax: imagesMax,
            recordBytesMax: recordBytesMax,
            preprocessing: "p",
            firstSequence: firstSequence,
            rawBytesMax: rawBytesMax
        )
    }

    private func tensor(_ id: Int, _ random: inout SeededRandom) -> PackedImage {
        .tensor(
            ShardImage(id: "\(id)"),
            (0..<Self.tensorBytes).map { _ in UInt8(truncatingIfNeeded: random.next() >> 32) }
        )
    }

    private func file(_ id: Int, bytes: Int) -> PackedImage {
        .file(ShardImage(id: "\(id)"), [UInt8](repeating: UInt8(id & 255), count: bytes))
    }

    private func decode(_ batch: ShardPacker.Batch) throws -> [ImageShard] {
        try batch.shards.map { try ShardCodec.decode($0.bytes) }
    }

    @Test func grayImagesTravelAsOneChannelUnlessOneIsColoured() throws {
        var random = SeededRandom(seed: 3)
        let plane = (0..<Self.tensorBytes / 3).map { _ in UInt8(truncatingIfNeeded: random.next() >> 32) }
        let gray = plane.flatMap { [$0, $0, $0] }
        func content(_ tensors: [[UInt8]]) throws -> ImageShard.Content? {
            var packer = packer(imagesMax: tensors.count)
            var shards: [ImageShard] = []
            for (id, tensor) in tensors.enumerated() {
                shards += try decode(packer.add(.tensor(ShardImage(id: "\(id)"), tensor), nowMs: 1))
            }
            return shards.first?.content
        }
        #expect(
            try content([gray, gray])
                == .tensors(height: Self.side, width: Self.side, channels: 1, bytes: plane + plane))
        for position in [0, 1, 2, gray.count - 1] {
            var coloured = gray
            coloured[position] ^= 1
            #expect(
                try content([gray, coloured])
                    == .tensors(height: Self.side, width: Self.side, channels: 3, bytes: gray + coloured),
                "byte \(position)")
        }
    }

    @Test func aFullShardIsClosedAndTheRestWhenAsked() throws {
        var packer = packer(firstSequence: 5)
        var random = SeededRandom(seed: 1)
        for id in 0..<3 {
            let batch = packer.add(tensor(id, &random), nowMs: 1)
            #expect(batch.shards.isEmpty && batch.rejected.isEmpty)
        }
        #expect(packer.count == 3)
        let full = try decode(packer.add(tensor(3, &random), nowMs: 77))
        #expect(full.count == 1)
        #expect(full.first?.images.map(\.id) == ["0", "1", "2", "3"])
        #expect(full.first?.sequence == 5 && full.first?.createdAtMs == 77)
        #expect(full.first?.preprocessing == "p" && full.first?.stream == "cam")
        #expect(packer.count == 0)
        _ = packer.add(tensor(4, &random), nowMs: 1)
        let rest = try decode(packer.close(nowMs: 1))
        #expect(rest.map(\.sequence) == [6])
        #expect(rest.first?.images.map(\.id) == ["4"])
        let nothing = packer.close(nowMs: 1)
        #expect(nothing.shards.isEmpty && nothing.rejected.isEmpty)
    }

    @Test func whatIsPackedIsWhatWasGiven() throws {
        var packer = packer(imagesMax: 2)
        let facts = [ShardImage(id: "a", capturedAtMs: 4, label: 2), ShardImage(id: "b")]
        let pixels = (0..<Self.tensorBytes).map { UInt8($0) }
        _ = packer.add(.tensor(facts[0], pixels), nowMs: 1)
        let shard = try decode(packer.add(.tensor(facts[1], pixels), nowMs: 1)).first
        #expect(shard?.images == facts)
        #expect(shard?.content == .tensors(height: 8, width: 8, channels: 3, bytes: pixels + pixels))
        _ = packer.add(.file(facts[0], [1, 2]), nowMs: 1)
        let files = try decode(packer.add(.file(facts[1], [3]), nowMs: 1)).first
        #expect(files?.content == .files([[1, 2], [3]]))
        #expect(files?.preprocessing == "", "the worker decodes files itself")
    }

    @Test func kindsAreNeverMixed() throws {
        var packer = packer(imagesMax: 10)
        var random = SeededRandom(seed: 1)
        _ = packer.add(tensor(0, &random), nowMs: 1)
        let first = try decode(packer.add(file(1, bytes: 9), nowMs: 1))
        #expect(first.map { $0.images.map(\.id) } == [["0"]])
        let second = try decode(packer.add(tensor(2, &random), nowMs: 1))
        #expect(second.map(\.content) == [.files([[UInt8](repeating: 1, count: 9)])])
        #expect(packer.count == 1)
    }

    @Test func whatDoesNotFitIsHalved() throws {
        // Eight noisy tensors of 192 bytes; room for about four and their header.
        var packer = packer(imagesMax: 8, recordBytesMax: 1_024 + 32 + 250 + 4 * 192 + 60)
        var random = SeededRandom(seed: 2)
        var shards: [ImageShard] = []
        for id in 0..<8 { shards += try decode(packer.add(tensor(id, &random), nowMs: 1)) }
        #expect(shards.map(\.images.count) == [4, 4])
        #expect(shards.map(\.sequence) == [0, 1])
        #expect(shards.flatMap(\.images).map(\.id) == (0..<8).map(String.init))
    }

    @Test func filesCloseAShardBeforeItOverflows() throws {
        var packer = packer(imagesMax: 100, recordBytesMax: 10_000)
        #expect(packer.add(file(0, bytes: 6_000), nowMs: 1).shards.isEmpty)
        let batch = packer.add(file(1, bytes: 6_000), nowMs: 1)
        #expect(batch.shards.map(\.images) == [1])
        #expect(batch.rejected == [])
        #expect(packer.count == 1)
    }

    /// However small they get: no worker takes a shard that unpacks to more.
    @Test func tensorsCloseAShardBeforeItUnpacksToTooMuch() throws {
        var packer = packer(imagesMax: 100, rawBytesMax: 3 * Self.tensorBytes)
        let black = [UInt8](repeating: 0, count: Self.tensorBytes)
        var shards: [ImageShard] = []
        for id in 0..<7 {
            let batch = packer.add(.tensor(ShardImage(id: "\(id)"), black), nowMs: 1)
            shards += try decode(batch)
        }
        let last = packer.close(nowMs: 1)
        shards += try decode(last)
        #expect(shards.map(\.images.count) == [3, 3, 1])
    }

    @Test func anImageThatIsTooLargeIsRejectedAlone() throws {
        var packer = packer(imagesMax: 3, recordBytesMax: 10_000)
        var batches = [
            packer.add(file(0, bytes: 100), nowMs: 1), packer.add(file(1, bytes: 20_000), nowMs: 1),
        ]
        batches.append(packer.add(file(2, bytes: 100), nowMs: 1))
        batches.append(packer.close(nowMs: 1))
        let shards = try batches.flatMap { try decode($0) }
        #expect(shards.map { $0.images.map(\.id) } == [["0"], ["2"]])
        #expect(shards.map(\.sequence) == [0, 1], "a rejected image leaves no gap")
        let rejected = batches.flatMap(\.rejected)
        #expect(rejected.map(\.id) == ["1"])
        #expect(rejected.first.map { $0.bytes > 20_000 && $0.limit == 10_000 } == true)
        #expect(rejected.first?.description.contains("--record-bytes-max") == true)
    }

    @Test func tensorsThatAreTooLargeAreRejectedOneByOne() {
        var packer = packer(imagesMax: 3, recordBytesMax: 1_100)
        var random = SeededRandom(seed: 3)
        var rejected: [ShardPacker.TooLarge] = []
        for id in 0..<3 { rejected += packer.add(tensor(id, &random), nowMs: 1).rejected }
        #expect(rejected.map(\.id) == ["0", "1", "2"])
    }

    @Test func randomImagesGoThroughWholeInOrderAndWithinTheLimits() throws {
        for seed in UInt64(0)..<300 {
            var random = SeededRandom(seed: seed)
            let imagesMax = Int.random(in: 1...12, using: &random)
            let limit = Int.random(in: 1_300...6_000, using: &random)
            var packer = packer(imagesMax: imagesMax, recordBytesMax: limit, firstSequence: 3)
            var given: [PackedImage] = []
            var batches: [ShardPacker.Batch] = []
            for id in 0..<Int.random(in: 0...40, using: &random) {
                let image =
                    random.next() % 3 == 0
                    ? file(id, bytes: Int.random(in: 0...7_000, using: &random)) : tensor(id, &random)
                given.append(image)
                batches.append(packer.add(image, nowMs: 1))
                if random.next() % 20 == 0 { batches.append(packer.close(nowMs: 1)) }
            }
            batches.append(packer.close(nowMs: 1))
            let encoded = batches.flatMap(\.shards)
            let shards = try encoded.map { try ShardCodec.decode($0.bytes) }
            for (record, shard) in zip(encoded, shards) {
                #expect(record.bytes.count <= limit - 1_024, "seed \(seed): key and headers need room")
                #expect(record.images == shard.images.count && record.images <= imagesMax, "seed \(seed)")
            }
            #expect(shards.map(\.sequence) == shards.indices.map { Int64($0) + 3 }, "seed \(seed)")
            let rejected = Set(batches.flatMap(\.rejected).map(\.id))
            #expect(
                shards.flatMap(unpack) == given.filter { !rejected.contains(id($0)) },
                "seed \(seed)"
            )
            for image in given where rejected.contains(id(image)) {
                #expect(bytes(image) + 1_024 + 32 > limit - 300, "seed \(seed): it might have fitted")
            }
        }
    }

    private func unpack(_ shard: ImageShard) -> [PackedImage] {
        switch shard.content {
        case .files(let files): zip(shard.images, files).map { .file($0, $1) }
        case .tensors(_, _, _, let bytes):
            shard.images.enumerated().map { place, facts in
                .tensor(facts, Array(bytes[(place * Self.tensorBytes)..<((place + 1) * Self.tensorBytes)]))
            }
        }
    }

    private func id(_ image: PackedImage) -> String {
        switch image {
        case .tensor(let facts, _), .file(let facts, _): facts.id
        }
    }

    private func bytes(_ image: PackedImage) -> Int {
        switch image {
        case .tensor(_, let bytes), .file(_, let bytes): bytes.count
        }
    }

    /// Ids of thousands of images may take more room than readers give a header, where the record itself has room.
    @Test func aHeaderThatReadersRefuseIsHalved() throws {
        var packer = packer(imagesMax: 4_096, recordBytesMax: 16 << 20)
        var shards: [ImageShard] = []
        for number in 0..<4_096 {
            let digits = String(number)
            let id = String(repeating: "i", count: ShardLimits.nameBytesMax - digits.utf8.count) + digits
            shards += try decode(packer.add(.file(ShardImage(id: id), [7]), nowMs: 1))
        }
        shards += try decode(packer.close(nowMs: 1))
        #expect(shards.count > 1 && shards.map(\.images.count).reduce(0, +) == 4_096)
        #expect(shards.map(\.sequence) == Array(0..<Int64(shards.count)))
    }
}
