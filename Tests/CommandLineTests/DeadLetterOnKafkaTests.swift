import Foundation
import Kafka
import PipelineMessages
import Testing

/// A record whose dead letter its topic refuses ends no worker; skipped unless HASHIFLEX_TEST_BOOTSTRAP names a real Kafka.
@Suite(.serialized) struct DeadLetterOnKafkaTests {
    static let bootstrap = ProcessInfo.processInfo.environment["HASHIFLEX_TEST_BOOTSTRAP"]

    @Test(
        .enabled(if: bootstrap != nil, "HASHIFLEX_TEST_BOOTSTRAP names no real broker"),
        .timeLimit(.minutes(3)), arguments: ["at-least-once", "exactly-once"])
    func itRepeatsLessUntilItPasses(_ delivery: String) throws {
        let bootstrap = try #require(Self.bootstrap)
        let prefix = "hashiflex-test-\(UUID().uuidString.prefix(8).lowercased())"
        let link = ["--brokers", bootstrap, "--topic-prefix", prefix]
        // Of the size that `topics create` allows at least: less than a letter with all short headers takes.
        let letters = TopicSpecification(
            name: "\(prefix).dead-letters", partitions: 1, replication: 1,
            configs: ["max.message.bytes": "4096"])
        let admin = try KafkaAdmin(KafkaConfiguration(brokers: bootstrap))
        _ = try admin.createTopics([letters], timeoutMs: 30_000)
        let made = try Program.run(["topics", "create", "--partitions", "1"] + link)
        try #require(made.code == 0, "\(made.errors)")

        let sensor = try KafkaProducer(KafkaConfiguration(brokers: bootstrap))
        for (bytes, key, header) in [(50_000, 20, 4_000), (3, 40_000, 0), (800_000, 40, 100)] {
            try sensor.produce(
                topic: "\(prefix).shards", partition: 0, key: Self.letters(key), value: Self.letters(bytes),
                headers: [("h", Self.letters(header))])
        }
        #expect(sensor.flush(timeoutMs: 30_000) == 0)

        let coordinator = try Background(["coordinator"] + link)
        let worker = try Background(
            ["worker", "--name", "w", "--replicas", "1", "--delivery", delivery] + link)
        let push = try Program.run(["head", "push", "builtin:v1", "--deadline", "60"] + link)
        try #require(push.code == 0, "\(push.output)\(push.errors)\(worker.text)")
        let ingest = try Program.run(
            ["ingest", "cam=\(SampleTar.path)", "--images", "20", "--size", "32"] + link)
        try #require(ingest.code == 0, "\(ingest.errors)")
        let isScored = eventually(seconds: 60) {
            (try? Program.run(["audit", "--images", "20"] + link).code) == 0
        }
        #expect(isScored, "\(worker.text)")
        #expect(worker.text.contains("is too large for its topic; from now on"), "\(worker.text)")
        let words = try codes(in: letters.name)
        #expect(words.count == 3 && words.allSatisfy { $0.contains("bytes, not copied)") }, "\(words)")
        #expect(worker.finish() == 0)
        #expect(coordinator.finish() == 0)
    }

    /// What no codec makes smaller: a broker judges a batch as it comes, compressed.
    private static func letters(_ count: Int) -> [UInt8] {
        var state: UInt32 = 1
        return (0..<count).map { _ in
            state = state &* 1_664_525 &+ 1_013_904_223
            return 97 + UInt8((state >> 24) % 26)
        }
    }

    /// The reasons of the dead letters of different shards.
    private func codes(in topic: String) throws -> Set<String> {
        let reader = try KafkaConsumer(
            KafkaConfiguration(brokers: try #require(Self.bootstrap)), groupID: nil,
            options: ConsumerOptions(offsetReset: .earliest, reportsPartitionEnd: true))
        defer { reader.close() }
        try reader.assign([(TopicPartition(topic: topic, partition: 0), .beginning)])
        var reasons: Set<String> = []
        let isRead = eventually(seconds: 30) {
            switch reader.poll(timeoutMs: 200) {
            case .message(let message):
                if let json = message.header(DeadLetter.header),
                    let letter = try? JSONRecord.decode(DeadLetter.self, from: json)
                {
                    reasons.insert("\(letter.offset): \(letter.reason)")
                }
                return false
            case .partitionEnd: return true
            default: return false
            }
        }
        try #require(isRead)
        return reasons
    }
}
