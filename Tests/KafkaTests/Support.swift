import Glibc
import Kafka
import Synchronization
import Testing

/// All suites of this folder: one after another, because each starts a broker and two cores are shared.
@Suite(.serialized, .timeLimit(.minutes(5))) enum OnBroker {}

/// Records of one topic, as the tests compare them.
func text(_ bytes: [UInt8]?) -> String? { bytes.map { String(decoding: $0, as: UTF8.self) } }

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

/// Waits for a condition instead of sleeping; reports what was waited for.
func eventually(
    _ what: Comment,
    within limit: Duration = .seconds(20),
    sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () throws -> Bool
) rethrows {
    let deadline = ContinuousClock.now + limit
    while ContinuousClock.now < deadline {
        if try condition() { return }
    }
    Issue.record("never happened: \(what)", sourceLocation: sourceLocation)
}

/// A broker with these topics for the time of `body`; without the extension it would end at its last mention.
func withBroker(_ topics: [(String, Int)], _ body: (EmbeddedBroker) throws -> Void) throws {
    let broker = try EmbeddedBroker(topics: topics)
    defer { broker.close() }
    try body(broker)
}

extension KafkaProducer {
    /// Produces and waits until everything is delivered.
    func deliver(_ topic: String, partition: Int32 = 0, _ values: [[UInt8]]) throws {
        #expect(try partitionCount(of: topic, timeoutMs: 10_000) > partition)
        for (index, value) in values.enumerated() {
            try produce(topic: topic, partition: partition, value: value, tag: UInt64(index))
        }
        #expect(flush(timeoutMs: 20_000) == 0)
        for delivery in poll(timeoutMs: 0) { #expect(delivery.error == nil) }
    }
}

/// A consumer with a record of everything that happened to it; answers group calls by itself.
final class Reader {
    let consumer: KafkaConsumer
    var owned: Set<TopicPartition> = []
    var messages: [KafkaMessage] = []
    var ends: [TopicPartition: Int64] = [:]
    var errors: [KafkaError] = []
    var revocations: [(partitions: [TopicPartition], lost: Bool)] = []
    var assignments = 0
    var commitsOnRevocation: [OffsetCommit] = []

    init(_ broker: EmbeddedBroker, group: String = "g", options: ConsumerOptions = .test) throws {
        consumer = try KafkaConsumer(broker.configuration, groupID: group, options: options)
    }

    /// Takes one event, if one comes soon.
    @discardableResult
    func step(timeoutMs: Int32 = 20) throws -> Bool {
        guard let event = consumer.poll(timeoutMs: timeoutMs) else { return false }
        switch event {
        case .message(let message): messages.append(message)
        case .partitionEnd(let partition, let offset): ends[partition] = offset
        case .error(let error): errors.append(error)
        case .assigned(let partitions):
            assignments += 1
            #expect(owned.isEmpty, "an eager assignment follows a revocation")
            owned = Set(partitions)
            try consumer.assign(partitions.map { ($0, .committed) })
        case .revoked(let partitions, let lost):
            revocations.append((partitions, lost))
            #expect(Set(partitions) == owned)
            owned = []
            do {
                try consumer.commit(commitsOnRevocation, synchronously: true)
            } catch {
                errors.append(error)
            }
            try consumer.unassign()
        }
        return true
    }

    deinit { consumer.close() }

    /// Reads from the beginning of a topic's partitions, without a group.
    func follow(
        _ topic: String,
        _ partitions: Range<Int32> = 0..<1,
        from start: StartOffset = .beginning
    ) throws {
        try consumer.assign(partitions.map { (TopicPartition(topic: topic, partition: $0), start) })
    }

    /// Reads until `count` messages are there.
    func read(_ count: Int, sourceLocation: SourceLocation = #_sourceLocation) throws {
        try eventually("\(count) messages", sourceLocation: sourceLocation) {
            try step()
            return messages.count >= count
        }
    }

    var texts: [String] { messages.map { text($0.payload) ?? "" } }
}

extension ConsumerOptions {
    /// Fast rebalances, and an end that can be waited for.
    static var test: ConsumerOptions {
        ConsumerOptions(offsetReset: .earliest, reportsPartitionEnd: true, sessionTimeoutMs: 2500)
    }
}

/// How much memory this process holds.
///
/// - Units: bytes; 0 where the system does not say.
func residentBytes() -> Int {
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    var total = 0
    var resident = 0
    guard
        withUnsafeMutablePointer(
            to: &total,
            { total in
                withUnsafeMutablePointer(to: &resident) { resident in
                    withVaList([total, resident]) { vfscanf(file, "%ld %ld", $0) }
                }
            }
        ) == 2
    else { return 0 }
    return resident * sysconf(Int32(_SC_PAGESIZE))
}
