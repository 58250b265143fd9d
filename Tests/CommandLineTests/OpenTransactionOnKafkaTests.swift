import Foundation
import Kafka
import PipelineMessages
import Testing

/// A gateway that is silent amid a transaction, on a real Kafka; skipped unless HASHIFLEX_TEST_BOOTSTRAP names one.
@Suite(.serialized) struct OpenTransactionOnKafkaTests {
    static let bootstrap = ProcessInfo.processInfo.environment["HASHIFLEX_TEST_BOOTSTRAP"]

    @Test(
        .enabled(if: bootstrap != nil, "HASHIFLEX_TEST_BOOTSTRAP names no real broker"),
        .timeLimit(.minutes(5)))
    func whoeverItHoldsUpSaysSoAndAPushWaitsForIt() throws {
        let bootstrap = try #require(Self.bootstrap)
        let prefix = "hashiflex-test-\(UUID().uuidString.prefix(8).lowercased())"
        let link = ["--brokers", bootstrap, "--topic-prefix", prefix]
        let made = try Program.run(["topics", "create", "--partitions", "2"] + link)
        try #require(made.code == 0, "\(made.errors)")
        let coordinator = try Background(["coordinator"] + link)
        let worker = try Background(["worker", "--name", "w", "--replicas", "1"] + link)
        let first = try Program.run(["head", "push", "builtin:v1", "--deadline", "60"] + link)
        try #require(first.code == 0, "\(first.output)\(first.errors)\(worker.text)")

        var options = ProducerOptions()
        options.transactionalID = "\(prefix)-gateway"
        options.transactionTimeoutMs = 240_000
        let gateway = try KafkaProducer(KafkaConfiguration(brokers: bootstrap), options: options)
        try gateway.initTransactions(timeoutMs: 30_000)
        try gateway.beginTransaction()
        try gateway.produce(topic: "\(prefix).shards", partition: 0, value: Array("no shard".utf8))
        #expect(gateway.flush(timeoutMs: 30_000) == 0)

        let place = "\(prefix).shards/0 waits for an open transaction since "
        #expect(eventually(seconds: 40) { worker.text.contains(place) }, "\(worker.text)")
        #expect(eventually(seconds: 60) { coordinator.text.contains(place) }, "\(coordinator.text)")
        let isAlarm = try eventually(seconds: 20) {
            try Program.run(["fleet", "status"] + link).output.contains(place)
        }
        #expect(isAlarm)
        let doctor = try Program.run(["doctor"] + link)
        #expect(doctor.output.contains("open transactions: "), "\(doctor.output)")

        let push = try Program.run(["head", "push", "builtin:v2", "--no-wait"] + link)
        #expect(push.code == 0, "\(push.errors)")
        let delayed = "a transaction is open in partitions [0]"
        #expect(eventually(seconds: 60) { coordinator.text.contains(delayed) }, "\(coordinator.text)")
        try gateway.commitTransaction()
        #expect(
            eventually(seconds: 60) {
                coordinator.text.components(separatedBy: "committed in every partition").count == 3
                    && coordinator.text.contains("partition 0 goes on, the open transaction is over")
                    && worker.text.contains("\(prefix).shards/0: the open transaction is over")
            }, "\(coordinator.text)\(worker.text)")
        #expect(try markers(in: "\(prefix).shards") <= 3)
        #expect(worker.finish() == 0)
        #expect(coordinator.finish() == 0)
    }

    /// Markers in partition 0.
    private func markers(in topic: String) throws -> Int {
        let reader = try KafkaConsumer(
            KafkaConfiguration(brokers: try #require(Self.bootstrap)), groupID: nil,
            options: ConsumerOptions(offsetReset: .earliest, reportsPartitionEnd: true))
        defer { reader.close() }
        try reader.assign([(TopicPartition(topic: topic, partition: 0), .beginning)])
        var count = 0
        let isRead = eventually(seconds: 30) {
            switch reader.poll(timeoutMs: 200) {
            case .message(let message):
                let kind = message.header(ShardTopicKind.header)
                if kind == Array(ShardTopicKind.marker.rawValue.utf8) { count += 1 }
                return false
            case .partitionEnd: return true
            default: return false
            }
        }
        #expect(isRead)
        return count
    }
}
