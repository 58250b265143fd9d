import PipelineMessages
import Testing

/// Numbers of good JSON that a field can not hold are named with their field and why.
@Suite struct NumberFaultTests {
    /// Changes to a shard's header, and what is said; `nil` where it is read.
    @Test(
        arguments: [
            (
                ["sequence": "9223372036854775808"],
                "sequence: 9223372036854775808 is above 9223372036854775807"
            ),
            (
                ["sequence": "-9223372036854775809"],
                "sequence: -9223372036854775809 is below -9223372036854775808"
            ),
            (["created_at_ms": "1732000000000.5"], "created_at_ms: 1732000000000.5 is not an integer"),
            (["created_at_ms": "1e19"], "created_at_ms: 1e19 is above 9223372036854775807"),
            (
                ["images": #"[{"id":"a"},{"id":"1.5","captured_at_ms":1.5}]"#],
                "images.1.captured_at_ms: 1.5 is not an integer"
            ),
            (
                ["images": #"[{"id":"a"},{"id":"b","label":2.25}]"#, "note": "2.25"],
                "images.1.label: 2.25 is not an integer"
            ),
            (["created_at_ms": "1.7e12"], nil), (["sequence": "1.0"], nil),
            (["sequence": "9223372036854775807"], nil),
        ] as [([String: String], String?)])
    func aShardsHeaderNamesTheField(changes: [String: String], says: String?) {
        let record = RawShard(
            header: headerText(changes.mapValues { Optional($0) }), body: [0, 1, 2, 3, 4, 5, 6, 7]
        ).bytes
        let found = refusal(record)
        #expect(found == says.map { ShardDecodingError.header($0) })
        if says != nil { #expect(found?.code == "bad-header") }
    }

    /// A record's bytes with `old` replaced.
    private func changed(_ value: some Encodable, _ old: String, _ new: String) throws -> [UInt8] {
        let text = JSONRecord.text(value)
        try #require(text.contains(old))
        return Array(text.replacing(old, with: new).utf8)
    }

    private func problem<Value: BoundedRecord>(_ type: Value.Type, _ bytes: [UInt8]) -> String? {
        do throws(RecordError) {
            _ = try JSONRecord.decode(type, from: bytes)
            return nil
        } catch {
            return error.problem
        }
    }

    @Test func aReceiptNamesTheField() throws {
        let receipt = Receipt(
            topic: "t", partition: 7, offset: 2, stream: "s", images: 1, errors: 0, imagesBefore: 0,
            deadLetter: nil, head: nil, worker: "w", incarnation: "1", serviceUs: 5, scoredAtMs: 1)
        let wide = try changed(receipt, "\"partition\":7", "\"partition\":2147483648")
        #expect(problem(Receipt.self, wide) == "partition: 2147483648 is above 2147483647")
        let half = try changed(receipt, "\"scored_at_ms\":1", "\"scored_at_ms\":1732000000000.25")
        #expect(problem(Receipt.self, half) == "scored_at_ms: 1732000000000.25 is not an integer")
    }

    @Test func aRecordOfConvertedNamesIsNamedAsOnTheWire() throws {
        var status = WorkerStatus(
            worker: "w", incarnation: "1", host: "h", pid: 4, startedAtMs: 6, backbone: digest("b"),
            isa: "scalar",
            replicas: 1)
        // A real number, and the same one where an integer belongs.
        status.imagesPerSecond = 2.5
        let bytes = try changed(status, "\"started_at_ms\":6", "\"started_at_ms\":2.5")
        #expect(problem(WorkerStatus.self, bytes) == "started_at_ms: 2.5 is not an integer")
        let missing = try changed(status, "\"started_at_ms\":6,", "")
        #expect(problem(WorkerStatus.self, missing) == "field started_at_ms is missing")
    }

    @Test func whatIsNoJSONIsStillCalledSo() {
        for text in ["{", "{\"partition\":1.5", "[1,", "nope"] {
            #expect(problem(Receipt.self, Array(text.utf8))?.contains("not valid JSON") == true, "\(text)")
        }
    }

    @Test func aRecordFullOfSuspectsEndsSoon() throws {
        let numbers = Array(repeating: "1.25", count: 20_000).joined(separator: ",")
        let text = "{\"heads\":[],\"images\":1,\"note\":[\(numbers)],\"moved\":2.5}"
        let clock = ContinuousClock()
        let took = clock.measure { _ = problem(PartitionProgress.self, Array(text.utf8)) }
        #expect(took < .seconds(30))
        #expect(problem(PartitionProgress.self, Array(text.utf8)) != nil)
    }
}
