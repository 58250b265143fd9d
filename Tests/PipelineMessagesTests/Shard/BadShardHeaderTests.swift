import PipelineMessages
import Testing

/// A header that the checksum vouches for and that still makes no sense.
struct BadHeader: Sendable, CustomTestStringConvertible {
    let what: String
    var changes: [String: String?] = [:]
    var body: [UInt8] = [0, 1, 2, 3, 4, 5, 6, 7]
    var expected: ShardDecodingError?
    var code = "invalid-field"
    var testDescription: String { what }

    static let fields: [BadHeader] = [
        BadHeader(
            what: "no image",
            changes: ["images": "[]"],
            expected: .invalid(field: "images", value: "[]")
        ),
        BadHeader(
            what: "raw_bytes is not the body's",
            changes: ["raw_bytes": "9"],
            expected: .invalid(field: "raw_bytes", value: "9, the body has 8")
        ),
        BadHeader(
            what: "raw_bytes is not the shape's",
            changes: ["raw_bytes": "4"],
            body: [1, 2, 3, 4],
            expected: .invalid(field: "raw_bytes", value: "4, the shape needs 8")
        ),
        BadHeader(what: "raw_bytes negative", changes: ["raw_bytes": "-1"], code: "length-out-of-range"),
        BadHeader(
            what: "raw_bytes above its bound",
            changes: ["compression": "\"lz4\"", "raw_bytes": "268435457"],
            expected: .lengthOutOfRange(field: "raw_bytes", value: 268_435_457, max: ShardLimits.rawBytesMax)
        ),
        BadHeader(
            what: "raw_bytes that no block of that size holds",
            changes: [
                "compression": "\"lz4\"", "height": "4096", "width": "4096", "raw_bytes": "33554432",
            ],
            expected: .decompression("33554432 bytes are more than a block of 8 holds")
        ),
        BadHeader(
            what: "a shape above every bound",
            changes: ["height": "4096", "width": "4096", "channels": "3", "raw_bytes": "8"],
            expected: .invalid(field: "raw_bytes", value: "8, the shape needs 100663296")
        ),
        BadHeader(
            what: "two channels",
            changes: ["channels": "2"],
            expected: .invalid(field: "channels", value: "2")
        ),
        BadHeader(
            what: "no channels",
            changes: ["channels": nil],
            expected: .invalid(field: "channels", value: "null")
        ),
        BadHeader(
            what: "height 0",
            changes: ["height": "0"],
            expected: .invalid(field: "height", value: "0")
        ),
        BadHeader(
            what: "height 4097",
            changes: ["height": "4097"],
            expected: .invalid(field: "height", value: "4097")
        ),
        BadHeader(
            what: "width -2",
            changes: ["width": "-2"],
            expected: .invalid(field: "width", value: "-2")
        ),
        BadHeader(
            what: "no width",
            changes: ["width": nil],
            expected: .invalid(field: "width", value: "null")
        ),
        BadHeader(
            what: "negative sequence",
            changes: ["sequence": "-1"],
            expected: .invalid(field: "sequence", value: "-1")
        ),
        BadHeader(what: "empty stream", changes: ["stream": "\"\""]),
        BadHeader(what: "long stream", changes: ["stream": "\"\(String(repeating: "s", count: 257))\""]),
        BadHeader(what: "stream with a line break", changes: ["stream": #""a\nb""#]),
        BadHeader(what: "empty id", changes: ["images": #"[{"id":"a"},{"id":""}]"#]),
        BadHeader(
            what: "id with a control character",
            changes: ["images": #"[{"id":"a"},{"id":"b\u0007"}]"#]
        ),
        BadHeader(what: "id with a NUL", changes: ["images": #"[{"id":"a"},{"id":"\u0000"}]"#]),
        BadHeader(what: "id with DEL", changes: ["images": #"[{"id":"a"},{"id":"\u007f"}]"#]),
        BadHeader(
            what: "id of 257 bytes",
            changes: ["images": #"[{"id":"a"},{"id":"\#(String(repeating: "é", count: 128))x"}]"#]
        ),
        BadHeader(
            what: "negative label",
            changes: ["images": #"[{"id":"a","label":-1},{"id":"b"}]"#],
            expected: .invalid(field: "images.label", value: "-1")
        ),
        BadHeader(
            what: "label 2^31",
            changes: ["images": #"[{"id":"a","label":2147483648},{"id":"b"}]"#],
            expected: .invalid(field: "images.label", value: "2147483648")
        ),
    ]

    private static let files: [String: String?] = [
        "encoding": "\"image-files\"", "height": nil, "width": nil, "channels": nil,
    ]

    static let fileFields: [BadHeader] = [
        ("lz4 on files", ["compression": "\"lz4\"", "file_bytes": "[4,4]"]),
        ("no file_bytes", [:]),
        ("one length for two images", ["file_bytes": "[8]"]),
        ("three lengths for two images", ["file_bytes": "[4,2,2]"]),
        ("lengths below the body", ["file_bytes": "[4,3]"]),
        ("lengths above the body", ["file_bytes": "[4,5]"]),
        ("a negative length that adds up", ["file_bytes": "[9,-1]"]),
        ("lengths that overflow", ["file_bytes": "[9223372036854775807,9223372036854775807]"]),
    ].map { BadHeader(what: $0.0, changes: files.merging($0.1) { $1 }) }

    static let unreadable: [BadHeader] =
        [
            "stream", "sequence", "created_at_ms", "encoding", "compression", "raw_bytes", "preprocessing",
            "images",
        ]
        .map { BadHeader(what: "no \($0)", changes: [$0: String?.none], code: "bad-header") }
        + [
            ("stream is a number", ["stream": "1"]), ("sequence is text", ["sequence": "\"7\""]),
            ("sequence is a fraction", ["sequence": "1.5"]),
            ("sequence above 64 bits", ["sequence": "9223372036854775808"]),
            ("raw_bytes is huge", ["raw_bytes": "1e400"]),
            ("an unknown encoding", ["encoding": "\"tensor-f32\""]),
            ("an unknown compression", ["compression": "\"zstd\""]), ("images is null", ["images": "null"]),
            ("an image without id", ["images": #"[{"label":1}]"#]),
        ].map { BadHeader(what: $0.0, changes: $0.1, code: "bad-header") }
}

@Suite struct BadShardHeaderTests {
    @Test func theHeaderThatTheCasesChangeIsGood() throws {
        let shard = try ShardCodec.decode(RawShard(header: headerText(), body: Array(0..<8)).bytes)
        #expect(shard.images.map(\.id) == ["a", "b"])
        let files = headerText(["encoding": "\"image-files\"", "file_bytes": "[5,3]"])
        let content = try ShardCodec.decode(RawShard(header: files, body: Array(0..<8)).bytes).content
        #expect(content == .files([[0, 1, 2, 3, 4], [5, 6, 7]]))
    }

    @Test(arguments: BadHeader.fields + BadHeader.fileFields + BadHeader.unreadable)
    func isRefused(bad: BadHeader) {
        let error = refusal(RawShard(header: headerText(bad.changes), body: bad.body).bytes)
        #expect(error?.code == bad.expected?.code ?? bad.code)
        if let expected = bad.expected { #expect(error == expected) }
    }

    @Test func aMissingFieldIsNamed() {
        let error = refusal(RawShard(header: headerText(["raw_bytes": nil]), body: []).bytes)
        #expect(error?.description.contains("raw_bytes") == true)
    }

    @Test func moreImagesThanTheBoundAreRefused() {
        let images = "[" + [String](repeating: #"{"id":"a"}"#, count: 5_000).joined(separator: ",") + "]"
        let header = headerText([
            "images": images, "height": "1", "width": "1", "channels": "1", "raw_bytes": "5000",
        ])
        let record = RawShard(header: header, body: [UInt8](repeating: 0, count: 5_000)).bytes
        #expect(refusal(record) == .lengthOutOfRange(field: "image count", value: 5_000, max: 4_096))
    }

    @Test(arguments: ["", "{", "null", "[]", "\"text\"", "{}{}", "{\"stream\":}", "\u{FEFF}{}"])
    func aHeaderThatIsNoObjectIsRefused(text: String) {
        #expect(refusal(RawShard(header: text, body: []).bytes)?.code == "bad-header")
    }

    @Test func aDeeplyNestedHeaderIsRefused() {
        for open in ["[", "{\"a\":"] {
            let text = String(repeating: open, count: 100_000)
            #expect(refusal(RawShard(header: text, body: []).bytes)?.code == "bad-header")
        }
    }

    @Test func aHeaderThatIsNotUTF8IsRefused() {
        var raw = RawShard(header: headerText(), body: Array(0..<8))
        let place = raw.header.firstIndex(of: UInt8(ascii: "p")) ?? 0
        raw.header[place] = 0xC3
        #expect(refusal(raw.bytes)?.code == "bad-header")
    }

    @Test func aCutLZ4BlockIsRefused() {
        let good = RawShard(ShardCodec.encode(flatShard))
        for count in 0..<good.body.count {
            var cut = good
            cut.body = Array(good.body[..<count])
            #expect(refusal(cut.bytes)?.code == "decompression", "cut to \(count) bytes")
        }
    }

    @Test func anLZ4BlockOfAnotherSizeIsRefused() {
        var raw = RawShard(ShardCodec.encode(flatShard))
        let text = String(decoding: raw.header, as: UTF8.self)
        func restated(_ height: Int) -> [UInt8] {
            Array(
                text.replacing("\"height\":16", with: "\"height\":\(height)")
                    .replacing("\"raw_bytes\":256", with: "\"raw_bytes\":\(height * 16)").utf8
            )
        }
        raw.header = restated(32)
        #expect(
            refusal(raw.bytes) == .decompression("lz4 block holds 256 bytes, the header says 512")
        )
        raw.header = restated(8)
        #expect(refusal(raw.bytes)?.code == "decompression")
        raw.header = restated(16)
        #expect(refusal(raw.bytes) == nil)
    }

    @Test func aTinyBlockThatClaimsTheLargestBodyIsRefused() {
        let header = headerText([
            "compression": "\"lz4\"", "height": "4096", "width": "4096", "channels": "3",
            "raw_bytes": "\(5 * 4096 * 4096 * 3)",
            "images": "[" + (0..<5).map { "{\"id\":\"\($0)\"}" }.joined(separator: ",") + "]",
        ])
        #expect(5 * 4096 * 4096 * 3 <= ShardLimits.rawBytesMax)
        #expect(refusal(RawShard(header: header, body: [0x10, 1]).bytes)?.code == "decompression")
    }
}
