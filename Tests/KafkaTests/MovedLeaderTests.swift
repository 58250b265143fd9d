import Kafka
import Testing

extension OnBroker {
    /// A consumer that reads nothing asks where partitions begin and end, for as long as its process runs: a coordinator's, a camera's.
    /// librdkafka 2.0.2 goes on asking who led a partition at first.
    @Suite struct MovedLeaders {
        private let partition = TopicPartition(topic: "t", partition: 0)

        private func withNodes(_ body: (EmbeddedBroker, KafkaConsumer) throws -> Void) throws {
            KafkaLog.setHandler { _ in }
            defer { KafkaLog.setHandler(nil) }
            let broker = try EmbeddedBroker(topics: [("t", 1)], nodes: 2)
            defer { broker.close() }
            try broker.setLeader(of: partition, node: 1)
            try KafkaProducer(broker.configuration).deliver("t", [bytes("a"), bytes("b")])
            var configuration = broker.configuration
            // Nothing that was heard once is forgotten meanwhile.
            configuration.set("metadata.max.age.ms", "600000")
            let consumer = try KafkaConsumer(configuration, groupID: "g", options: .test)
            defer { consumer.close() }
            #expect(try consumer.watermarks(partition).high == 2)
            try body(broker, consumer)
        }

        @Test func theNewLeaderIsAskedAtOnce() throws {
            try withNodes { broker, consumer in
                for node: Int32 in [2, 1, 2] {
                    try broker.setLeader(of: partition, node: node)
                    #expect(try consumer.watermarks(partition, timeoutMs: 10_000).high == 2)
                    try broker.setLeader(of: partition, node: 3 - node)
                    let extent = try consumer.extents([partition], timeoutMs: 10_000)[partition]
                    #expect(extent?.low == 0 && extent?.high == 2)
                }
            }
        }

        /// A question is spent on a node that is gone.
        @Test func theLeaderAfterOneThatIsGoneIsAskedNext() throws {
            try withNodes { broker, consumer in
                try broker.setLeader(of: partition, node: 2)
                try broker.setDown(node: 1)
                eventually("the new leader answers", within: .seconds(40)) {
                    (try? consumer.watermarks(partition, timeoutMs: 2_000))?.high == 2
                }
            }
        }
    }
}
