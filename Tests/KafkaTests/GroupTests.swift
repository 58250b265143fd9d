import Kafka
import Testing

extension OnBroker {
    @Suite struct Groups {
        @Test func committedMetadataComesBackToAnyoneWhoAsks() throws {
            try withBroker([("t", 2)]) { broker in
                let first = TopicPartition(topic: "t", partition: 0)
                let second = TopicPartition(topic: "t", partition: 1)
                let producer = try KafkaProducer(broker.configuration)
                try producer.deliver("t", [bytes("a"), bytes("b"), bytes("c")])

                let reader = try Reader(broker)
                try reader.consumer.subscribe(["t"])
                try reader.read(3)
                #expect(reader.owned == [first, second])
                let note = "head=défauts@v7;" + String(repeating: "x", count: 300)
                try reader.consumer.commit(
                    [.init(first, offset: 2, metadata: note)],
                    synchronously: true
                )

                let asker = try KafkaConsumer(broker.configuration, groupID: "g")
                var known = try asker.committed([first, second])
                #expect(known[first]?.offset == 2)
                #expect(known[first]?.metadata == note)
                #expect(known[second]?.offset == nil)
                #expect(known[second]?.metadata == "")

                // Committing works without joining, and without metadata clears it.
                try reader.consumer.commit([.init(first, offset: 3)], synchronously: false)
                try eventually("the commit nobody waits for") {
                    try reader.step()
                    known = try asker.committed([first])
                    return known[first]?.offset == 3
                }
                #expect(known[first]?.metadata == "")
                #expect(reader.errors == [])

                // Another group has committed nothing.
                let stranger = try KafkaConsumer(broker.configuration, groupID: "other")
                #expect(try stranger.committed([first])[first]?.offset == nil)
            }
        }
    }
}
