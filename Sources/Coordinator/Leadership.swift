import Kafka
import PipelineMessages
import Synchronization
import Threads

/// Elects one leading coordinator: the owner of the control topic's only partition in a consumer group.
///
/// Leadership only saves work. Safety does not rest on it: every decision counts in the order of the
/// control topic, and every marker is idempotent.
final class Leadership: Sendable {
    private let consumer: KafkaConsumer
    private let topic: String
    private let leads = Atomic<Bool>(false)
    private let stop = Signal()

    init(_ options: CoordinatorOptions) throws(KafkaError) {
        topic = options.topics.control
        consumer = try KafkaConsumer(
            options.kafka, groupID: options.topics.coordinatorGroup,
            options: ConsumerOptions(offsetReset: .latest, sessionTimeoutMs: options.sessionTimeoutMs))
        try consumer.subscribe([topic])
    }

    var isLeader: Bool { leads.load(ordering: .acquiring) }

    func run(log: @escaping @Sendable (String) -> Void) -> PlatformThread {
        PlatformThread("leadership") { [self] in
            while !stop.isSet {
                do throws(KafkaError) {
                    try step(log)
                } catch {
                    log("coordinator group: \(error)")
                }
            }
            leads.store(false, ordering: .releasing)
            _ = consumer.close()
        }
    }

    func requestStop() { stop.set() }

    private func step(_ log: @Sendable (String) -> Void) throws(KafkaError) {
        switch consumer.poll(timeoutMs: 100) {
        case .assigned(let partitions):
            // Nothing is read through this consumer: it starts at the end and stays paused.
            try consumer.assign(partitions.map { ($0, .end) })
            if !partitions.isEmpty {
                try consumer.pause(partitions)
                log("this coordinator leads")
            }
            leads.store(!partitions.isEmpty, ordering: .releasing)
        case .revoked:
            leads.store(false, ordering: .releasing)
            try consumer.unassign()
        case .error(let error) where error.isFatal: throw error
        case .error, .message, .partitionEnd, nil: break
        }
    }
}
