import Kafka
import Testing

extension OnBroker {
    @Suite struct RoundTrip {
        @Test func keysHeadersAndPayloadsComeBackAsTheyWere() throws {
            try withBroker([("t", 1)]) { broker in
                let producer = try KafkaProducer(broker.configuration)
                let payload = (0..<70_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
                try producer.produce(
                    topic: "t",
                    partition: 0,
                    key: bytes("k"),
                    value: payload,
                    headers: [("a", bytes("1")), ("b", []), ("a", [0, 255, 0])]
                )
                #expect(producer.flush(timeoutMs: 10_000) == 0)

                let reader = try Reader(broker)
                try reader.follow("t")
                try reader.read(1)
                let message = try #require(reader.messages.first)
                #expect(message.topicPartition == TopicPartition(topic: "t", partition: 0))
                #expect(message.offset == 0)
                #expect(message.key == bytes("k"))
                #expect(message.payload == payload)
                #expect(message.byteCount == payload.count)
                #expect(message.withPayload { $0.count } == payload.count)
                #expect(!message.isTombstone)
                #expect(message.header("a") == [0, 255, 0])
                #expect(message.header("b") == [])
                #expect(message.header("c") == nil)
                #expect(message.headers.map(\.name) == ["a", "b", "a"])
                #expect(message.headers.first?.value == bytes("1"))
                let time = try #require(message.timestampMs)
                #expect(time > 1_600_000_000_000)
            }
        }

        @Test func nothingAndEmptyAreToldApart() throws {
            try withBroker([("t", 1)]) { broker in
                let producer = try KafkaProducer(broker.configuration)
                try producer.produce(topic: "t", partition: 0, key: bytes("gone"), value: nil)
                try producer.produce(topic: "t", partition: 0, key: [], value: [])
                try producer.produce(
                    topic: "t",
                    partition: 0,
                    payload: UnsafeRawBufferPointer(start: nil, count: 0)
                )
                #expect(producer.flush(timeoutMs: 10_000) == 0)

                let reader = try Reader(broker)
                try reader.follow("t")
                try reader.read(3)
                let messages = reader.messages
                #expect(messages.map(\.isTombstone) == [true, false, false])
                #expect(messages.map(\.key) == [bytes("gone"), [], nil])
                #expect(messages.map(\.byteCount) == [0, 0, 0])
                #expect(messages.map(\.payload) == [[], [], []])
            }
        }

        @Test func theKeyDecidesThePartition() throws {
            try withBroker([("t", 8)]) { broker in
                let producer = try KafkaProducer(broker.configuration)
                for round in 0..<3 {
                    for key in 0..<32 {
                        try producer.produce(
                            topic: "t",
                            key: bytes("key-\(key)"),
                            value: bytes("\(round)"),
                            tag: UInt64(key)
                        )
                    }
                }
                #expect(producer.flush(timeoutMs: 10_000) == 0)
                var places: [UInt64: Set<Int32>] = [:]
                for delivery in producer.poll(timeoutMs: 0) {
                    places[delivery.tag, default: []].insert(delivery.partition)
                }
                #expect(places.count == 32)
                #expect(places.values.allSatisfy { $0.count == 1 })
                #expect(Set(places.values.joined()).count > 1)
            }
        }
    }
}
