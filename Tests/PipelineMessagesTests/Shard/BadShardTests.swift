import PipelineMessages
import Testing
import TestSupport

/// The prefix, the checksum and the lengths.
@Suite struct BadShardTests {
    @Test func everyTruncationIsRefused() {
        for record in [
            ShardCodec.encode(smallShard), ShardCodec.encode(flatShard), ShardCodec.encode(fileShard),
        ] {
            for length in 0..<record.count {
                let expected = length < 32 ? 32 : record.count
                #expect(
                    refusal(Array(record[..<length])) == .truncated(expected: expected, actual: length),
                    "cut to \(length) bytes"
                )
            }
        }
    }

    @Test func bytesAfterTheEndAreRefused() {
        #expect(refusal(ShardCodec.encode(smallShard) + [0]) == .trailingBytes(1))
        #expect(refusal(ShardCodec.encode(fileShard) + ShardCodec.encode(fileShard)) != nil)
    }

    @Test func anotherMagicIsNoShard() {
        var raw = RawShard(ShardCodec.encode(smallShard))
        raw.magic[7] = UInt8(ascii: "d")
        #expect(refusal(raw.bytes) == .notAShard)
        #expect(refusal([UInt8](repeating: 0, count: 64)) == .notAShard)
    }

    @Test(arguments: [0, 2, 256, UInt16.max])
    func anUnknownVersionIsRefused(version: UInt16) {
        var raw = RawShard(ShardCodec.encode(smallShard))
        raw.version = version
        #expect(refusal(raw.bytes) == .unknownVersion(Int(version)))
    }

    @Test func reservedFieldsMustBeZero() {
        var raw = RawShard(ShardCodec.encode(smallShard))
        raw.reserved16 = 1
        #expect(refusal(raw.bytes) == .invalid(field: "reserved", value: "1"))
        raw.reserved16 = 0
        raw.reserved32 = 0x8000_0000
        #expect(refusal(raw.bytes)?.code == "invalid-field")
    }

    @Test func aWrongChecksumIsRefused() {
        var raw = RawShard(ShardCodec.encode(smallShard))
        let good = RawShard.sum(raw.header + raw.body)
        raw.checksum = good ^ 1
        #expect(refusal(raw.bytes) == .checksumMismatch(expected: good ^ 1, actual: good))
    }

    @Test(arguments: [UInt32.max, UInt32(ShardLimits.headerBytesMax) + 1])
    func anAbsurdHeaderLengthIsRefusedByItsBound(length: UInt32) {
        var raw = RawShard(ShardCodec.encode(smallShard))
        raw.headerLength = length
        #expect(
            refusal(raw.bytes)
                == .lengthOutOfRange(
                    field: "header length",
                    value: Int(length),
                    max: ShardLimits.headerBytesMax
                )
        )
    }

    @Test(arguments: [UInt32.max, UInt32(ShardLimits.bodyBytesMax) + 1])
    func anAbsurdBodyLengthIsRefusedByItsBound(length: UInt32) {
        var raw = RawShard(ShardCodec.encode(smallShard))
        raw.bodyLength = length
        #expect(
            refusal(raw.bytes)
                == .lengthOutOfRange(field: "body length", value: Int(length), max: ShardLimits.bodyBytesMax)
        )
    }

    @Test func bothLengthsAtTheirBoundsAreRefusedForATinyRecord() {
        var raw = RawShard(ShardCodec.encode(smallShard))
        raw.headerLength = UInt32(ShardLimits.headerBytesMax)
        raw.bodyLength = UInt32(ShardLimits.bodyBytesMax)
        let total = 32 + ShardLimits.headerBytesMax + ShardLimits.bodyBytesMax
        #expect(refusal(raw.bytes) == .truncated(expected: total, actual: raw.bytes.count))
    }

    @Test func singleBitFlipsAreAlwaysRefused() {
        let records = [smallShard, flatShard, fileShard].map { ShardCodec.encode($0) }
        for seed in UInt64(0)..<5_000 {
            var random = SeededRandom(seed: seed)
            var damaged = records[Int(seed % 3)]
            let bit = Int.random(in: 0..<(8 * damaged.count), using: &random)
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(refusal(damaged) != nil, "seed \(seed), bit \(bit)")
        }
    }

    @Test func damageBehindAFittingChecksumNeverCrashes() throws {
        // The checksum keeps out accidents, not malice: the parser behind it must stand alone.
        for seed in UInt64(0)..<5_000 {
            var random = SeededRandom(seed: seed)
            var raw = RawShard(ShardCodec.encode([smallShard, flatShard, fileShard][Int(seed % 3)]))
            for _ in 0...Int(random.next() % 4) {
                if random.next() % 2 == 0, !raw.body.isEmpty {
                    raw.body[Int(random.next() % UInt64(raw.body.count))] = UInt8(random.next() & 255)
                } else {
                    raw.header[Int(random.next() % UInt64(raw.header.count))] ^= 1 << UInt8(random.next() % 8)
                }
            }
            guard let shard = try? ShardCodec.decode(raw.bytes) else { continue }
            #expect(try ShardCodec.decode(ShardCodec.encode(shard)) == shard, "seed \(seed)")
        }
    }

    @Test func everyRefusalSaysWhatAndHasAStableWord() {
        let errors: [(ShardDecodingError, String)] = [
            (.truncated(expected: 9, actual: 8), "truncated"), (.trailingBytes(3), "trailing-bytes"),
            (.notAShard, "not-a-shard"), (.unknownVersion(2), "unknown-version"),
            (.lengthOutOfRange(field: "f", value: 2, max: 1), "length-out-of-range"),
            (.checksumMismatch(expected: 1, actual: 2), "checksum-mismatch"),
            (.header("h"), "bad-header"), (.invalid(field: "f", value: "v"), "invalid-field"),
            (.decompression("d"), "decompression"),
        ]
        for (error, code) in errors {
            #expect(error.code == code)
            #expect(!error.description.isEmpty && !error.description.contains("\n"))
        }
        #expect(
            ShardDecodingError.checksumMismatch(expected: 1, actual: 2).description
                .contains("0000000000000001")
        )
    }
}
