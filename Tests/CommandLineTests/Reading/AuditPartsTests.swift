import Artifacts
import ImageDecoding
import PipelineMessages
import Testing
import hashiflex

/// What an audit holds in memory, and what excuses a shard that was left out.
@Suite struct AuditPartsTests {
    private func prediction(_ offset: Int64) -> Prediction {
        Prediction(
            address: ImageAddress(topic: "t", partition: 0, offset: offset, index: 0), id: "i", stream: "s",
            sequence: 0, capturedAtMs: nil, label: nil, backbone: ContentDigest(of: [1]), head: nil, top: [],
            logitsDigest: nil, error: "e")
    }

    @Test func fewLargePredictionsAreJudgedAsSoonAsManySmallOnes() {
        var pending = PendingPredictions()
        let large = [UInt8](repeating: 0x20, count: 1 << 20)
        for offset in Int64(0)..<15 { pending.add(prediction(offset), large) }
        #expect(!pending.isFull)
        pending.add(prediction(15), large)
        #expect(pending.isFull && pending.records.count == 16)

        pending = PendingPredictions()
        for offset in Int64(0)..<9_999 { pending.add(prediction(offset), [0x20]) }
        #expect(!pending.isFull)
        pending.add(prediction(9_999), [0x20])
        #expect(pending.isFull)
    }

    @Test func ofManyMismatchesAFewAreKept() {
        var found = FoundMismatches()
        found.take(nil)
        #expect(found.count == 0 && found.lines.isEmpty)
        for number in 0..<1_000 {
            found.take(
                PreprocessingMismatch(
                    "shard \(number)", StatedPreprocessing("a"), "the backbone", StatedPreprocessing("b"),
                    advice: "ingest again"))
        }
        #expect(found.count == 1_000 && found.lines.count == 9)
        #expect(found.lines[7].hasPrefix("shard 7 states") && found.lines[8] == "... and 992 more")
    }

    @Test func aReceiptExcusesAShardWhereItLiesAlone() {
        func receipt(_ topic: String, _ partition: Int32, deadLetter: String?) -> Receipt {
            Receipt(
                topic: topic, partition: partition, offset: 5, stream: "", images: 0, errors: 0,
                imagesBefore: 0, deadLetter: deadLetter, head: nil, worker: "w", incarnation: "i",
                serviceUs: 0, scoredAtMs: 0)
        }
        #expect(receipt("s", 2, deadLetter: "broken").isDeadLetter(of: "s", liesIn: 2))
        #expect(!receipt("other", 2, deadLetter: "broken").isDeadLetter(of: "s", liesIn: 2))
        #expect(!receipt("s", 3, deadLetter: "broken").isDeadLetter(of: "s", liesIn: 2))
        #expect(!receipt("s", 2, deadLetter: nil).isDeadLetter(of: "s", liesIn: 2))
    }
}
