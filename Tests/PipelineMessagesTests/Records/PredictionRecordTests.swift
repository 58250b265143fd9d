import Artifacts
import PipelineMessages
import Testing
import TestSupport

@Suite struct PredictionRecordTests {
    /// One bit for each optional part.
    @Test(arguments: 0..<64)
    func theFastWriterGivesWhatTheSlowOneGives(parts: Int) throws {
        let prediction = try sample(parts: parts, text: "img-1.png")
        #expect(text(prediction.json) == text(JSONRecord.encode(prediction)))
        #expect(try Prediction(json: prediction.json) == prediction)
    }

    @Test(arguments: [
        "\"", "\\", "a/b", "\u{0}\u{1}\u{1F}", "\n\r\t\u{8}\u{C}", "\u{7F}\u{85}\u{2028}\u{2029}", "🛰️👩‍👩‍👧",
        "é", "e\u{301}", "\u{301}", "\u{FEFF}", "\u{FFFF}\u{10FFFF}", "</script>", "\r\n", "",
    ])
    func everyTextIsWrittenAlike(nasty: String) throws {
        let prediction = try sample(parts: 63, text: nasty)
        #expect(text(prediction.json) == text(JSONRecord.encode(prediction)))
        let back = try Prediction(json: prediction.json)
        #expect(Array(back.id.utf8) == Array(nasty.utf8))
        #expect(back == prediction)
    }

    @Test func randomRecordsAreWrittenAlike() throws {
        for seed in UInt64(0)..<1_000 {
            var random = SeededRandom(seed: seed)
            let nasty = random.text(scalars: Int(random.next() % 20))
            var prediction = try sample(parts: Int(random.next() % 64), text: nasty)
            prediction.offset = Int64(random.next() >> 11)
            prediction.sequence = Int64(random.next() >> 1)
            prediction.topic = random.text(scalars: 5)
            #expect(prediction.json == JSONRecord.encode(prediction), "seed \(seed)")
            #expect(try Prediction(json: prediction.json) == prediction, "seed \(seed)")
        }
    }

    /// What an encoder keeps from the last prediction must never reach the next one.
    @Test func anEncoderThatServedAnotherShardWritesTheSame() throws {
        let encoder = PredictionEncoder()
        var random = SeededRandom(seed: 5)
        var previous = try sample(parts: 63, text: "first")
        for step in 0..<500 {
            var next = previous
            switch random.next() % 12 {
            case 0: next.topic = random.text(scalars: 3)
            case 1: next.partition += 1
            case 2: next.offset += 1
            case 3: next.stream = random.text(scalars: 3)
            case 4: next.sequence += 1
            case 5: next.backbone = digest("backbone \(step)")
            case 6: next = try sample(parts: 63, text: "x")
            case 7: (next.head, next.headName, next.cutover) = (nil, nil, nil)
            case 8 where next.head != nil: next.cutover = step % 3 == 0 ? nil : Int64(step)
            case 9: next.logitsDigest = next.logitsDigest == nil ? digest("logits \(step)") : nil
            case 10: next = try sample(parts: Int(random.next() % 64), text: random.text(scalars: 4))
            default: (next.index, next.id) = (next.index + 1, random.text(scalars: 4))
            }
            var bytes = Array("before".utf8)
            encoder.begin(
                PredictionContext(
                    topic: next.topic, partition: next.partition, offset: next.offset, stream: next.stream,
                    sequence: next.sequence, backbone: next.backbone, head: stamp(next),
                    logitsDigest: next.logitsDigest))
            encoder.appendKey(index: next.index, to: &bytes)
            #expect(text(bytes) == "before\(next.address)", "step \(step)")
            bytes = []
            encoder.append(next, to: &bytes)
            #expect(text(bytes) == text(JSONRecord.encode(next)), "step \(step)")
            previous = next
        }
    }

    @Test func theFieldsHaveTheirPublishedNames() throws {
        let text = text(try sample(parts: 63, text: "x").json)
        for name in [
            "backbone", "captured_at_ms", "cutover", "error", "head", "head_name", "id", "index", "label",
            "logits_digest", "offset", "partition", "schema", "sequence", "stream", "top", "topic",
        ] {
            #expect(text.contains("\"\(name)\":"), "\(name)")
        }
        #expect(text.contains(#""schema":"prediction/1""#))
        #expect(text.contains(#""head_name":"defects@v41""#))
    }

    @Test func anAbsentPartIsLeftOut() throws {
        let text = text(try sample(parts: 0, text: "x").json)
        for name in ["captured_at_ms", "cutover", "error", "head", "head_name", "label", "logits_digest"] {
            #expect(!text.contains("\"\(name)\":"), "\(name)")
        }
        #expect(text.contains("\"top\":[]"))
    }

    @Test func correctnessNeedsALabelAndAClass() throws {
        var prediction = try sample(parts: 63, text: "x")
        prediction.label = 4
        #expect(prediction.isCorrect == true)
        prediction.label = 5
        #expect(prediction.isCorrect == false)
        prediction.label = nil
        #expect(prediction.isCorrect == nil)
        prediction.label = 4
        prediction.top = []
        #expect(prediction.isCorrect == nil)
    }

    @Test func bytesThatAreNoPredictionAreRefusedWithAReason() {
        for bytes in [[], Array("{}".utf8), Array("[1]".utf8), [0xFF, 0xFE]] {
            do throws(RecordError) {
                _ = try Prediction(json: bytes)
                Issue.record("accepted \(bytes)")
            } catch {
                #expect(error.description.hasPrefix("not a Prediction record: "))
            }
        }
    }

    @Test func aReceiptRoundTripsAndAddsUp() throws {
        for dead in [true, false] {
            let receipt = Receipt(
                topic: "t.shards",
                partition: 3,
                offset: 12,
                stream: dead ? "" : "cam",
                images: dead ? 0 : 32,
                errors: 2,
                imagesBefore: 100,
                deadLetter: dead ? "checksum-mismatch" : nil,
                head: dead ? nil : HeadStamp(try headInForce(.standard)),
                worker: "w",
                incarnation: "i",
                serviceUs: 5,
                scoredAtMs: 6
            )
            try roundTrip(receipt)
            #expect(text(receipt.json) == text(JSONRecord.encode(receipt)))
            #expect(receipt.key == "t.shards/3@12")
            #expect(receipt.imagesAfter == (dead ? 100 : 132))
            #expect(receipt.headName?.description == (dead ? nil : "defects@v41"))
        }
    }

    @Test func everyReceiptIsWrittenAlike() throws {
        for seed in UInt64(0)..<1_000 {
            var random = SeededRandom(seed: seed)
            func text() -> String { random.text(scalars: Int(random.next() % 8)) }
            func number() -> Int64 { Int64(bitPattern: random.next()) >> Int64(random.next() % 64) }
            let receipt = Receipt(
                topic: text(), partition: Int32(truncatingIfNeeded: number()), offset: number(),
                stream: text(),
                images: Int(number()), errors: Int(number()), imagesBefore: number(),
                deadLetter: seed % 2 == 0 ? text() : nil,
                head: seed % 3 == 0 ? nil : HeadStamp(try headInForce(.standard)), worker: text(),
                incarnation: text(),
                serviceUs: number(), scoredAtMs: number())
            #expect(receipt.json == JSONRecord.encode(receipt), "seed \(seed)")
        }
    }

    @Test func aDeadLetterRoundTrips() throws {
        try roundTrip(
            DeadLetter(topic: "t", partition: 0, offset: 1, code: "truncated", reason: "line\nbreak \"x\"")
        )
    }

    @Test func aDeadLetterKeepsTheRecordsOwnHeaders() throws {
        let letter = DeadLetter(topic: "t", partition: 0, offset: 1, code: "truncated", reason: "r")
        let own: [(name: String, value: [UInt8])] = [
            ("hsf-kind", Array("shard".utf8)), ("hsf-dead-letter", Array("forged".utf8)), ("empty", []),
        ]
        let headers = letter.headers(original: own)
        #expect(
            headers.map { $0.0 } == [
                "hsf-dead-letter", "original-hsf-kind", "original-hsf-dead-letter", "original-empty",
            ])
        let first = try #require(headers.first)
        #expect(try JSONRecord.decode(DeadLetter.self, from: first.1) == letter)
        #expect(headers[1].1 == Array("shard".utf8) && headers[3].1.isEmpty)
    }

    @Test func foreignHeadersOfADeadLetterAreFewAndShort() {
        let letter = DeadLetter(topic: "t", partition: 0, offset: 1, code: "truncated", reason: "r")
        let many = letter.headers(original: (0..<1_000).map { ("h\($0)", [1]) })
        #expect(many.count == 1 + DeadLetter.headersMax + 1)
        #expect(many.last?.0 == "hsf-headers-left-out" && many.last?.1 == Array("984".utf8))
        let long = letter.headers(original: [
            ("long", Array(repeating: 0, count: 10_000)), ("short", [1]),
            ("n" + String(repeating: "n", count: 5_000), []),
        ])
        #expect(long.map { $0.0 } == ["hsf-dead-letter", "original-short", "hsf-headers-left-out"])
        #expect(long.last?.1 == Array("2".utf8))
    }

    private func sample(parts: Int, text: String) throws -> Prediction {
        func has(_ bit: Int) -> Bool { parts >> bit & 1 == 1 }
        return Prediction(
            address: ImageAddress(topic: "t.shards", partition: 3, offset: 12, index: 5),
            id: text,
            stream: text,
            sequence: 9,
            capturedAtMs: has(0) ? -1 : nil,
            label: has(1) ? 4 : nil,
            backbone: digest("backbone"),
            head: has(2) ? HeadStamp(try headInForce(.stream(text))) : nil,
            top: has(3)
                ? [
                    .init(index: 4, name: text, logit: 67_108_863),
                    .init(index: 0, name: "b\(text)", logit: -67_108_863),
                ] : [],
            logitsDigest: has(4) ? digest("logits") : nil,
            error: has(5) ? "cannot read \(text)" : nil
        )
    }

    private func stamp(_ prediction: Prediction) -> HeadStamp? {
        guard let head = prediction.head, let label = prediction.headName else { return nil }
        guard let number = prediction.cutover else { return HeadStamp(frozen: head, label: label) }
        return HeadStamp(
            HeadInForce(slot: .standard, head: head, label: label, number: number, marker: 0))
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
