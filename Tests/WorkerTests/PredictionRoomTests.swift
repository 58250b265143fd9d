import Artifacts
import ClassifierHead
import PipelineMessages
import Testing
import Worker

/// How many classes fit into a prediction, whatever all is called.
@Suite struct PredictionRoomTests {
    /// Key and value of the longest prediction that lists `classes`, bytes.
    private func longest(classes: Int) throws -> Int {
        let digest = ContentDigest(of: [1])
        let part = String(repeating: "x", count: 64)
        let label = try #require(HeadLabel(name: part, version: part))
        let stamp = HeadStamp(
            HeadInForce(slot: .standard, head: digest, label: label, number: .max, marker: .max))
        let encoder = PredictionEncoder()
        encoder.begin(
            PredictionContext(
                topic: String(repeating: "t", count: 249), partition: .max, offset: .max,
                stream: String(repeating: "\u{1}", count: ShardLimits.nameBytesMax), sequence: .max,
                backbone: digest, head: stamp, logitsDigest: digest))
        var record: [UInt8] = []
        encoder.appendKey(index: 4_095, to: &record)
        encoder.openValue(
            index: 4_095, id: String(repeating: "\u{1}", count: ShardLimits.nameBytesMax),
            capturedAtMs: .min, label: Int(Int32.max), error: nil, to: &record)
        let name = String(repeating: "\"", count: ClassifierHead.maximumClassNameByteCount)
        for _ in 0..<classes { encoder.appendClass(65_535, logit: .min, name: name, to: &record) }
        encoder.closeValue(&record)
        return record.count
    }

    @Test(arguments: [10_000, 100_000, WorkerOptions.messageBytesUsual, 4_000_000])
    func whatIsAllowedFits(_ bytes: Int) throws {
        let most = WorkerOptions.topKMax(messageBytes: bytes)
        let longest = try longest(classes: most)
        #expect(longest <= bytes, "\(most) classes")
        #expect(longest > bytes - 5_120, "\(most) classes: much more would fit")
    }

    @Test func thereAreBounds() {
        #expect(WorkerOptions.topKMax(messageBytes: 0) == 0)
        #expect(WorkerOptions.topKMax(messageBytes: 1_000_000_000) == 65_536)
        #expect(WorkerOptions.topKMax(messageBytes: WorkerOptions.messageBytesUsual) == 3_294)
    }
}
