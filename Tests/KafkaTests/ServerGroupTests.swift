import Glibc
import Kafka
import Testing

/// The group protocol of Kafka 4, on a broker that has it (`HASHIFLEX_TEST_BOOTSTRAP`); with a library that is too old for
/// it the refusal.
@Suite(
    .serialized, .timeLimit(.minutes(3)),
    .enabled(if: getenv("HASHIFLEX_TEST_BOOTSTRAP") != nil, "HASHIFLEX_TEST_BOOTSTRAP names no cluster"))
struct ServerGroupTests {
    private let configuration: KafkaConfiguration
    private let run = "hashiflex-test-\(UInt64.random(in: .min ... .max))"

    init() throws {
        let bootstrap = try #require(getenv("HASHIFLEX_TEST_BOOTSTRAP").map { String(cString: $0) })
        var configuration = KafkaConfiguration(brokers: bootstrap)
        configuration.set("group.protocol", "consumer")
        self.configuration = configuration
    }

    /// Answers everything, reads from the beginning, and keeps what it was told.
    private final class Member {
        let consumer: KafkaConsumer
        var owned: Set<Int32> = []
        var told: [String] = []
        var read: Set<Int32> = []
        var errors: [KafkaError] = []

        init(_ configuration: KafkaConfiguration, group: String, topic: String) throws {
            let options = ConsumerOptions(offsetReset: .earliest, sessionTimeoutMs: 10_000)
            consumer = try KafkaConsumer(configuration, groupID: group, options: options)
            try consumer.subscribe([topic])
        }

        func step() throws {
            switch consumer.poll(timeoutMs: 20) {
            case .message(let message): read.insert(message.partition)
            case .assigned(let partitions):
                #expect(owned.isEmpty, "everything was taken back before")
                told.append("assigned")
                owned = Set(partitions.map(\.partition))
                try consumer.assign(partitions.map { ($0, .beginning) })
            case .revoked(let partitions, let lost):
                #expect(!lost && Set(partitions.map(\.partition)) == owned)
                told.append("revoked")
                owned = []
                // Decided before it was told: counts no more.
                try consumer.assign(partitions.map { ($0, .beginning) })
                try consumer.unassign()
                read = []
            case .error(let error): errors.append(error)
            case .partitionEnd, nil: break
            }
        }
    }

    @Test func membersShareAndHandOverAndAllIsReadByItsOwner() throws {
        guard KafkaConfiguration.canUse(groupProtocol: "consumer", library: LibraryVersion.rdkafkaNumber)
        else {
            let error = #expect(throws: KafkaError.self) {
                try KafkaConsumer(configuration, groupID: run)
            }
            #expect(error?.message.contains("needs librdkafka 2.12") == true)
            return
        }
        let outcome = try KafkaAdmin(configuration).createTopics(
            [TopicSpecification(name: run, partitions: 4)], timeoutMs: 30_000)
        try #require(outcome[run] == .created)
        let producer = try KafkaProducer(configuration)
        for partition in 0..<4 { try producer.deliver(run, partition: Int32(partition), [bytes("m")]) }
        let all: Set<Int32> = [0, 1, 2, 3]

        let first = try Member(configuration, group: run, topic: run)
        try eventually("the first member reads everything", within: .seconds(40)) {
            try first.step()
            return first.owned == all && first.read == all
        }
        // The same anew, as after work that failed.
        first.read = []
        try first.consumer.assign(all.map { (TopicPartition(topic: run, partition: $0), .beginning) })
        try eventually("everything is read once more") {
            try first.step()
            return first.read == all
        }
        let second = try Member(configuration, group: run, topic: run)
        try eventually("they share everything", within: .seconds(40)) {
            try first.step()
            try second.step()
            return first.owned.count == 2 && second.owned.count == 2
                && first.owned.union(second.owned) == all && first.read == first.owned
                && second.read == second.owned
        }
        // A member whose number has risen meanwhile commits by the one of now.
        let mine = TopicPartition(topic: run, partition: try #require(first.owned.min()))
        let transaction = try KafkaProducer(configuration, options: .init(transactionalID: run))
        try transaction.initTransactions(timeoutMs: 30_000)
        try transaction.beginTransaction()
        try transaction.sendOffsets(
            [OffsetCommit(mine, offset: 1)], group: try first.consumer.groupMetadata(), timeoutMs: 30_000)
        try transaction.commitTransaction()
        #expect(try first.consumer.committed([mine])[mine]?.offset == 1)

        #expect(second.consumer.close())
        try eventually("the first member owns everything again", within: .seconds(40)) {
            try first.step()
            return first.owned == all && first.read == all
        }
        #expect(first.told.count >= 5 && first.told.last == "assigned")
        for (index, word) in first.told.enumerated() {
            #expect(word == (index.isMultiple(of: 2) ? "assigned" : "revoked"), "\(first.told)")
        }
        #expect(first.errors == [] && second.errors == [])
        #expect(first.consumer.close())
    }
}
