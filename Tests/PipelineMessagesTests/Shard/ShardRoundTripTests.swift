import PipelineMessages
import Testing
import TestSupport

@Suite struct ShardRoundTripTests {
    @Test(arguments: ShardCodec.Compression.allCases)
    func shardsComeBackAsTheyWere(compression: ShardCodec.Compression) throws {
        for shard in [smallShard, flatShard, fileShard] {
            #expect(try ShardCodec.decode(ShardCodec.encode(shard, compression: compression)) == shard)
        }
    }

    @Test(arguments: ShardCodec.Compression.allCases)
    func theTextOfTensorsIsReadWithoutUnpackingThem(compression: ShardCodec.Compression) throws {
        func text(_ record: [UInt8]) throws -> String? {
            try record.withUnsafeBytes { try ShardCodec.tensorPreprocessing($0) }
        }
        for shard in [smallShard, flatShard, fileShard] {
            let record = ShardCodec.encode(shard, compression: compression)
            #expect(try text(record) == (shard == fileShard ? nil : "p"))
            // Damage is found as in decoding.
            for damaged in [Array(record.dropLast()), record.dropLast() + [record[record.count - 1] ^ 1], []]
            {
                #expect(throws: ShardDecodingError.self) { try text(damaged) }
            }
        }
    }

    @Test func theBytesOfASmallShardArePinned() {
        // If this fails the layout changed: raise the schema version and keep reading the old one.
        let header =
            #"{"channels":1,"compression":"none","created_at_ms":1700000000000,"encoding":"tensor-u8-nhwc","#
            + #""height":2,"images":[{"captured_at_ms":5,"id":"a","label":3},{"id":"b"}],"#
            + #""preprocessing":"p","raw_bytes":8,"sequence":7,"stream":"cam","width":2}"#
        let prefix: [UInt8] = [
            0x48, 0x53, 0x46, 0x53, 0x48, 0x41, 0x52, 0x44, 0x01, 0x00, 0x00, 0x00, 0xEE, 0x00, 0x00, 0x00,
            0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x08, 0x81, 0xBB, 0x0B, 0xD9, 0x35, 0x26, 0x70,
        ]
        let body: [UInt8] = [0, 1, 2, 3, 252, 253, 254, 255]
        #expect(hex(ShardCodec.encode(smallShard)) == hex(prefix + Array(header.utf8) + body))
    }

    @Test func flatTensorsAreCompressedAndNoiseIsNot() throws {
        let packed = RawShard(ShardCodec.encode(flatShard))
        #expect(packed.body.count < 256)
        #expect(String(decoding: packed.header, as: UTF8.self).contains(#""compression":"lz4""#))

        var random = SeededRandom(seed: 1)
        let noise = ImageShard(
            stream: "cam",
            sequence: 0,
            createdAtMs: 0,
            images: [ShardImage(id: "noise")],
            content: .tensors(height: 32, width: 32, channels: 3, bytes: random.bytes(3_072)),
            preprocessing: "p"
        )
        let record = ShardCodec.encode(noise, compression: .lz4)
        #expect(RawShard(record).body.count == 3_072)
        #expect(String(decoding: RawShard(record).header, as: UTF8.self).contains(#""compression":"none""#))
        #expect(try ShardCodec.decode(record) == noise)
    }

    @Test func tensorsAreSentPlainWhenAskedTo() throws {
        let record = ShardCodec.encode(flatShard, compression: .none)
        #expect(RawShard(record).body == [UInt8](repeating: 9, count: 256))
        #expect(try ShardCodec.decode(record) == flatShard)
    }

    @Test func randomShardsComeBackAsTheyWere() throws {
        for seed in UInt64(0)..<300 {
            var random = SeededRandom(seed: seed)
            let shard = randomShard(&random)
            let compression = ShardCodec.Compression.allCases[Int(random.next() % 2)]
            let record = ShardCodec.encode(shard, compression: compression)
            #expect(try ShardCodec.decode(record) == shard, "seed \(seed)")
            #expect(ShardCodec.encode(shard, compression: compression) == record, "seed \(seed)")
        }
    }

    @Test func theLargestNumberOfImagesIsAccepted() throws {
        let images = (0..<ShardLimits.imagesMax).map { ShardImage(id: "\($0)") }
        let shard = ImageShard(
            stream: "cam",
            sequence: 0,
            createdAtMs: 0,
            images: images,
            content: .files(images.map { _ in [1] }),
            preprocessing: ""
        )
        #expect(try ShardCodec.decode(ShardCodec.encode(shard)) == shard)
    }

    @Test func namesMayHoldAnythingPrintable() throws {
        let id = String(repeating: "é", count: 100) + "\"\\/ 🛰️ \u{2028}"
        let shard = ImageShard(
            stream: "line/4 \"b\"",
            sequence: .max,
            createdAtMs: -1,
            images: [ShardImage(id: id, capturedAtMs: .min, label: (1 << 31) - 1)],
            content: .files([[1]]),
            preprocessing: ""
        )
        let back = try ShardCodec.decode(ShardCodec.encode(shard))
        #expect(back == shard)
        #expect(back.images.first.map { Array($0.id.utf8) } == Array(id.utf8))
    }

    private func randomShard(_ random: inout SeededRandom) -> ImageShard {
        let count = Int.random(in: 1...9, using: &random)
        let images = (0..<count).map { index in
            ShardImage(
                id: "image \(index)",
                capturedAtMs: random.next() % 2 == 0 ? nil : Int64(random.next() >> 20),
                label: random.next() % 2 == 0 ? nil : Int(random.next() % 1_000)
            )
        }
        let content: ImageShard.Content
        if random.next() % 2 == 0 {
            content = .files(
                (0..<count).map { _ in random.bytes(Int(random.next() % 200)) }
            )
        } else {
            let height = Int.random(in: 1...12, using: &random)
            let width = Int.random(in: 1...12, using: &random)
            let channels = random.next() % 2 == 0 ? 1 : 3
            let size = count * height * width * channels
            let bytes =
                random.next() % 2 == 0 ? random.bytes(size) : (0..<size).map { UInt8($0 / 40 % 256) }
            content = .tensors(height: height, width: width, channels: channels, bytes: bytes)
        }
        return ImageShard(
            stream: "s\(random.next() % 9)",
            sequence: Int64(random.next() >> 1),
            createdAtMs: 3,
            images: images,
            content: content,
            preprocessing: "q"
        )
    }

    private func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
