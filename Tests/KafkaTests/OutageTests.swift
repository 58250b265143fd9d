import Kafka
import Synchronization
import Testing

extension OnBroker {
    @Suite struct Outages {
        /// ```
        /// broker    up ------------- down ----------- up -----------------
        /// producer     0..<10          10..<20 queued     delivered 20..<30
        /// consumer     reads 0..<10    errors             reads 10..<30
        /// ```
        @Test func nothingIsLostOrDoubledWhenTheBrokerGoesAndComesBack() throws {
            try withBroker([("t", 1)]) { broker in
                KafkaLog.setHandler { _ in }
                defer { KafkaLog.setHandler(nil) }
                let producer = try KafkaProducer(broker.configuration)
                let reader = try Reader(broker)
                try reader.follow("t")
                try producer.deliver("t", (0..<10).map { bytes("\($0)") })
                try reader.read(10)

                try broker.setDown()
                for index in 10..<20 {
                    try producer.produce(
                        topic: "t",
                        partition: 0,
                        value: bytes("\(index)"),
                        tag: UInt64(index)
                    )
                }
                try eventually("the consumer notices") {
                    try reader.step()
                    return !reader.errors.isEmpty
                }
                #expect(reader.errors.allSatisfy { $0.isRetriable && !$0.isFatal })
                #expect(producer.flush(timeoutMs: 50) == 10)

                try broker.setUp()
                try producer.deliver("t", (20..<30).map { bytes("\($0)") })
                try reader.read(30)
                #expect(reader.texts == (0..<30).map(String.init))
                #expect(reader.messages.map(\.offset) == Array(0..<30))
            }
        }

        @Test func aBrokerThatIsNotThereIsSaidInTime() throws {
            let lines = Mutex<[KafkaLogLine]>([])
            KafkaLog.setHandler { line in lines.withLock { $0.append(line) } }
            defer { KafkaLog.setHandler(nil) }
            // Port 1 is privileged and unused: refused at once.
            let configuration = EmbeddedBroker.clientConfiguration(bootstrap: "127.0.0.1:1")
            let started = ContinuousClock.now

            let admin = try KafkaAdmin(configuration)
            let failure = #expect(throws: KafkaError.self) { try admin.metadata(timeoutMs: 300) }
            #expect(failure?.isRetriable == true)
            #expect(failure?.message.contains("127.0.0.1:1") == true)
            #expect(failure?.message.lowercased().contains("refused") == true)

            let consumer = try KafkaConsumer(configuration, groupID: "g")
            let partition = TopicPartition(topic: "t", partition: 0)
            let committed = #expect(throws: KafkaError.self) {
                try consumer.committed([partition], timeoutMs: 300)
            }
            let marks = #expect(throws: KafkaError.self) {
                try consumer.watermarks(partition, timeoutMs: 300)
            }
            let commit = #expect(throws: KafkaError.self) {
                try consumer.commit([.init(partition, offset: 1)], synchronously: true, timeoutMs: 300)
            }
            for failure in [committed, marks, commit] {
                #expect(failure?.isRetriable == true)
                #expect(failure?.message.contains("127.0.0.1:1") == true)
            }
            // The commit still waits for a coordinator: closing does not wait for it beyond its own time.
            #expect(!consumer.close(timeoutMs: 100))

            let member = try KafkaConsumer(configuration, groupID: "g")
            try member.subscribe(["t"])
            #expect(member.close(timeoutMs: 5000))

            let producer = try KafkaProducer(configuration, options: .init(transactionalID: "x"))
            let stuck = #expect(throws: KafkaError.self) { try producer.initTransactions(timeoutMs: 300) }
            #expect(stuck?.isRetriable == true)

            #expect(ContinuousClock.now - started < .seconds(45), "every call was bounded")
            #expect(lines.withLock { $0.contains { $0.text.lowercased().contains("refused") } })
            #expect(lines.withLock { $0.allSatisfy { $0.level <= 4 } })
        }

        @Test func aUsedUpDeliveryTimeIsTheErrorOfTheMessage() throws {
            try withBroker([("t", 1)]) { broker in
                KafkaLog.setHandler { _ in }
                defer { KafkaLog.setHandler(nil) }
                var options = ProducerOptions()
                options.deliveryTimeoutMs = 300
                let producer = try KafkaProducer(broker.configuration, options: options)
                try broker.setDown()
                try producer.produce(topic: "t", partition: 0, value: bytes("late"), tag: 5)
                var answers: [Delivery] = []
                eventually("the failed delivery") {
                    answers += producer.poll(timeoutMs: 50)
                    return !answers.isEmpty
                }
                #expect(answers.map(\.tag) == [5])
                #expect(answers.first?.error?.code == KafkaError.Code.messageTimedOut)
            }
        }

        @Test func aClosedBrokerRefusesEverything() throws {
            let broker = try EmbeddedBroker(topics: [])
            broker.close()
            broker.close()
            #expect(throws: KafkaError.self) { try broker.createTopic("t", partitions: 1) }
            #expect(throws: KafkaError.self) { try broker.setUp() }
        }
    }
}
