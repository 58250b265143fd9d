import Foundation
import Kafka
import TestSupport
import Testing

/// Records that an earlier version wrote are read, replayed and written again to the byte.
///
/// `Golden/records-6c8edec.jsonl` is what the topics held after two heads were pushed and 24 pictures of the built-in set scored, by
/// commit 6c8edec, on the embedded broker: before worker and coordinator became machines. A line is a record; bytes are in Base64.
@Suite struct GoldenRecordsTests {
    private struct Entry: Decodable {
        let topic: String
        let partition: Int32
        let offset: Int64
        let key: Data?
        let value: Data?
        let headers: [[String]]
    }

    private struct Place: Decodable {
        let topic: String, partition: Int, offset: Int, index: Int
    }

    private static let images = 24

    private func entries() throws -> [Entry] {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Golden/records-6c8edec.jsonl")
        let decoder = JSONDecoder()
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map {
            try decoder.decode(Entry.self, from: Data($0.utf8))
        }
    }

    /// Writes them where they were.
    private func restore(_ entries: [Entry], _ brokers: String) throws {
        let producer = try KafkaProducer(KafkaConfiguration(brokers: brokers))
        for entry in entries {
            try producer.produce(
                topic: "hashiflex.\(entry.topic)", partition: entry.partition,
                key: entry.key.map { [UInt8]($0) },
                value: entry.value.map { [UInt8]($0) },
                headers: entry.headers.map { ($0[0], [UInt8](Data(base64Encoded: $0[1]) ?? Data())) },
                tag: UInt64(entry.offset))
        }
        #expect(producer.flush(timeoutMs: 30_000) == 0)
        for delivery in producer.poll(timeoutMs: 1_000) {
            try #require(delivery.error == nil && delivery.offset == Int64(delivery.tag), "\(delivery)")
        }
    }

    @Test(.timeLimit(.minutes(3))) func anEarlierVersionsRecordsAreOurs() throws {
        let broker = try Background(["broker", "--private", "--control-stdin", "--partitions", "2"])
        _ = eventually(seconds: 30) { broker.text.contains("\n") }
        let brokers = try #require(broker.text.split(separator: "\n").first.map(String.init))
        let link = ["--brokers", brokers]
        let entries = try entries()
        try restore(entries, brokers)

        let audit = try Program.run(["audit", "--images", "\(Self.images)"] + link)
        #expect(audit.code == 0, "\(audit.output)\(audit.errors)")
        let predictions = entries.filter { $0.topic == "predictions" }
        #expect(predictions.count == Self.images)
        for prediction in predictions {
            let place = try JSONDecoder().decode(Place.self, from: prediction.value ?? Data())
            let replay = try Program.run(
                ["replay", "\(place.topic)/\(place.partition)@\(place.offset)#\(place.index)"] + link)
            #expect(replay.code == 0, "\(replay.output)\(replay.errors)")
        }

        // A worker of today, under the markers of then, writes the same bytes.
        let coordinator = try Background(["coordinator"] + link)
        let worker = try Background(["worker", "--name", "today", "--replicas", "1"] + link)
        var twice = Program.Outcome(code: 1, output: "", errors: "")
        let isDone = try eventually(seconds: 60) {
            twice = try Program.run(["audit", "--json", "--images", "\(Self.images)"] + link)
            return twice.output.contains("\"identical_duplicates\":\(Self.images)")
        }
        #expect(isDone && twice.code == 0, "\(twice.output)\(twice.errors)\(worker.text)")
        #expect(worker.finish() == 0)
        #expect(coordinator.finish() == 0)
    }
}
