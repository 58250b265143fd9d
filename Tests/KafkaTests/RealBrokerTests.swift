import Glibc
import Kafka
import Testing

/// The cluster to test against, if one is offered.
private let testBootstrap: String? = getenv("HASHIFLEX_TEST_BOOTSTRAP").map { String(cString: $0) }

/// What only a real cluster can show. Runs when `HASHIFLEX_TEST_BOOTSTRAP` names one (Kafka 2.5 or later), and
/// is reported as skipped otherwise; further properties come from `HASHIFLEX_KAFKA_...`.
@Suite(
    .serialized,
    .enabled(if: testBootstrap != nil, "HASHIFLEX_TEST_BOOTSTRAP names no cluster")
)
struct RealBrokerTests {
    private let configuration: KafkaConfiguration
    /// Names that no earlier run has used.
    private let run = "hashiflex-test-\(UInt64.random(in: .min ... .max))"
    private var input: TopicPartition { TopicPartition(topic: "\(run)-in", partition: 0) }
    private var output: TopicPartition { TopicPartition(topic: "\(run)-out", partition: 0) }

    init() throws {
        var configuration = KafkaConfiguration(brokers: try #require(testBootstrap))
        var environment: [String: String] = [:]
        for name in [
            "SECURITY_PROTOCOL", "SASL_MECHANISM", "SASL_USERNAME", "SASL_PASSWORD", "SSL_CA_LOCATION",
        ] {
            let variable = KafkaConfiguration.environmentPrefix + name
            if let value = getenv(variable) { environment[variable] = String(cString: value) }
        }
        configuration.apply(KafkaConfiguration.fromEnvironment(environment))
        self.configuration = configuration
    }

    private func createTopics() throws {
        let topics = [input.topic, output.topic].map { TopicSpecification(name: $0, partitions: 1) }
        let admin = try KafkaAdmin(configuration)
        let first = try admin.createTopics(topics, timeoutMs: 30_000)
        #expect(first.values.allSatisfy { $0 == .created })
        let second = try admin.createTopics(topics, timeoutMs: 30_000)
        #expect(second.values.allSatisfy { $0 == .alreadyExists })
        // The node that is asked next may not have heard of them yet.
        let spread = TopicSpread(configuration, topics: [input.topic: 1, output.topic: 1])
        #expect(try spread.settle(Patience(seconds: 30)).isEmpty)
    }

    /// Everything a reader of committed messages sees up to the end.
    private func committedTexts(_ partition: TopicPartition) throws -> [String] {
        let options = ConsumerOptions(offsetReset: .earliest, reportsPartitionEnd: true)
        let consumer = try KafkaConsumer(configuration, groupID: "\(run)-check", options: options)
        try consumer.assign([(partition, .beginning)])
        var texts: [String] = []
        var isAtEnd = false
        eventually("the end of \(partition)") {
            switch consumer.poll(timeoutMs: 100) {
            case .message(let message): texts.append(text(message.payload) ?? "")
            case .partitionEnd: isAtEnd = true
            default: break
            }
            return isAtEnd
        }
        consumer.close()
        return texts
    }

    @Test func resultsAndOffsetsBecomeVisibleTogetherOrNotAtAll() throws {
        try createTopics()
        try KafkaProducer(configuration).deliver(input.topic, [bytes("1"), bytes("2")])
        let consumer = try KafkaConsumer(
            configuration,
            groupID: run,
            options: ConsumerOptions(offsetReset: .earliest)
        )
        try consumer.assign([(input, .beginning)])
        let producer = try KafkaProducer(configuration, options: .init(transactionalID: run))
        try producer.initTransactions(timeoutMs: 30_000)

        try producer.beginTransaction()
        try producer.produce(topic: output.topic, partition: 0, value: bytes("given up"))
        try producer.sendOffsets(
            [.init(input, offset: 1)],
            group: try consumer.groupMetadata(),
            timeoutMs: 30_000
        )
        #expect(producer.flush(timeoutMs: 30_000) == 0)
        try producer.abortTransaction()
        #expect(try committedTexts(output) == [])
        #expect(try consumer.committed([input])[input]?.offset == nil)

        try producer.beginTransaction()
        try producer.produce(topic: output.topic, partition: 0, value: bytes("done"))
        try producer.sendOffsets(
            [.init(input, offset: 2, metadata: "head=a")],
            group: try consumer.groupMetadata(),
            timeoutMs: 30_000
        )
        try producer.commitTransaction()
        #expect(try committedTexts(output) == ["done"])
        let known = try consumer.committed([input])[input]
        #expect(known?.offset == 2)
        #expect(known?.metadata == "head=a")
    }

    @Test func aTransactionThatIsNotEndedIsFoundWithItsTimeAndWhatItHoldsBack() throws {
        try createTopics()
        let probe = try OpenTransactionProbe(configuration)
        #expect(try probe.find([input, output], timeoutMs: 10_000).isEmpty)
        let plain = try KafkaProducer(configuration)
        try plain.deliver(output.topic, [bytes("before")])
        let producer = try KafkaProducer(configuration, options: .init(transactionalID: run))
        try producer.initTransactions(timeoutMs: 30_000)
        try producer.beginTransaction()
        try producer.produce(topic: output.topic, partition: 0, value: bytes("open"))
        #expect(producer.flush(timeoutMs: 30_000) == 0)
        try plain.deliver(output.topic, [bytes("behind it")])

        let found = try probe.find([input, output], timeoutMs: 10_000)
        #expect(found.map(\.partition) == [output])
        #expect(found.first?.offset == 1 && found.first?.heldBack == 2, "\(found)")
        #expect(found.first?.sinceMs != nil, "\(found)")

        // A reader of committed records is told an end, and can see that there is more.
        let reader = try KafkaConsumer(
            configuration, groupID: nil,
            options: ConsumerOptions(offsetReset: .earliest, reportsPartitionEnd: true))
        defer { reader.close() }
        try reader.assign([(output, .beginning)])
        var watch = OpenTransactionWatch()
        eventually("the end before the transaction") {
            if let event = reader.poll(timeoutMs: 100) { watch.follow(event) }
            return watch.held(reader.knownEnd) == [output]
        }
        try producer.commitTransaction()
        eventually("the end behind it") {
            if let event = reader.poll(timeoutMs: 100) { watch.follow(event) }
            return watch.held(reader.knownEnd).isEmpty && reader.knownEnd(of: output) == 4
        }
        #expect(try probe.find([output], timeoutMs: 10_000).isEmpty)
    }

    @Test func aSuccessorShutsItsPredecessorOut() throws {
        try createTopics()
        let old = try KafkaProducer(configuration, options: .init(transactionalID: run))
        try old.initTransactions(timeoutMs: 30_000)
        try old.beginTransaction()
        try old.produce(topic: output.topic, partition: 0, value: bytes("zombie"))
        #expect(old.flush(timeoutMs: 30_000) == 0)

        let new = try KafkaProducer(configuration, options: .init(transactionalID: run))
        try new.initTransactions(timeoutMs: 30_000)
        let failure = #expect(throws: KafkaError.self) { try old.commitTransaction() }
        #expect(failure?.isFatal == true)
        #expect(try committedTexts(output) == [])
    }
}
