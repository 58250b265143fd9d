import CRDKafka
import Foundation
import Kafka
import PipelineMessages
import RecordFuzzing
import Testing

/// `predictions --follow` reads partitions that are added while it does, from their beginning. On HASHIFLEX_TEST_BOOTSTRAP: the
/// embedded broker can not add any.
@Suite(
    .serialized,
    .enabled(if: SecuredBroker.open != nil, "HASHIFLEX_TEST_BOOTSTRAP names no real broker"))
struct FollowAddedTests {
    /// As kafka-topics --alter does.
    private func widen(_ topic: String, to count: Int, _ bootstrap: String) throws {
        var text = [CChar](repeating: 0, count: 256)
        let settings = rd_kafka_conf_new()
        rd_kafka_conf_set(settings, "bootstrap.servers", bootstrap, &text, text.count)
        let client = try #require(rd_kafka_new(RD_KAFKA_PRODUCER, settings, &text, text.count))
        defer { rd_kafka_destroy(client) }
        var wanted = [rd_kafka_NewPartitions_new(topic, count, &text, text.count)]
        defer { rd_kafka_NewPartitions_destroy(wanted[0]) }
        let queue = rd_kafka_queue_new(client)
        defer { rd_kafka_queue_destroy(queue) }
        rd_kafka_CreatePartitions(client, &wanted, 1, nil, queue)
        let event = try #require(rd_kafka_queue_poll(queue, 20_000))
        defer { rd_kafka_event_destroy(event) }
        try #require(rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR)
    }

    @Test(.timeLimit(.minutes(2))) func partitionsThatAreAddedAreFollowed() throws {
        let bootstrap = try #require(SecuredBroker.open)
        let prefix = "hashiflex-test-\(UUID().uuidString.prefix(8).lowercased())"
        let link = ["--brokers", bootstrap, "--topic-prefix", prefix]
        let made = try Program.run(["topics", "create", "--partitions", "2"] + link, seconds: 60)
        try #require(made.code == 0, "\(made.errors)")
        let following = try Background(["predictions", "--follow"] + link)
        defer { _ = following.finish() }
        let specimen = try #require(Specimen.of("prediction").first { $0.name == "prediction, full" })
        func produce(_ partition: Int32, _ id: String) throws {
            var prediction = try Prediction(json: specimen.bytes)
            prediction.id = id
            let json = prediction.json
            let producer = try KafkaProducer(KafkaConfiguration(brokers: bootstrap))
            try producer.produce(
                topic: "\(prefix).predictions", partition: partition, key: [1], value: json, tag: 1)
            var deliveries = 0
            _ = eventually(seconds: 20) {
                deliveries += producer.poll(timeoutMs: 100).count { $0.error == nil }
                return deliveries == 1
            }
            try #require(deliveries == 1)
        }
        try produce(1, "before")
        #expect(eventually(seconds: 30) { following.text.contains("\"before\"") }, "\(following.text)")
        try widen("\(prefix).predictions", to: 4, bootstrap)
        // Its own node may not have heard of them yet.
        let isAdded = eventually(seconds: 40) { (try? produce(3, "added")) != nil }
        #expect(isAdded)
        #expect(eventually(seconds: 40) { following.text.contains("\"added\"") }, "\(following.text)")
        try produce(1, "after")
        #expect(eventually(seconds: 20) { following.text.contains("\"after\"") }, "\(following.text)")
        #expect(following.text.components(separatedBy: "\"before\"").count == 2, "it was read once")
    }
}
