import Kafka
import PipelineMessages
import Threads

/// Elects one leading coordinator: the owner of the control topic's only partition in a consumer group.
///
/// Leadership only saves work. Safety does not rest on it: every decision counts in the order of the
/// control topic, and every marker is idempotent.
final class Leadership: Sendable {
    private let consumer: KafkaConsumer
    private let name: String
    private let onChange: @Sendable (Bool) -> Void
    private let onStandby: @Sendable () -> Void
    private let onFailure: @Sendable (KafkaError) -> Void

    /// - Parameters:
    ///   - onStandby: Called when the group has given the leadership to another, again after each rebalance.
    ///   - onFailure: Called when this coordinator can not be a member any more.
    init(
        _ options: CoordinatorOptions, onChange: @escaping @Sendable (Bool) -> Void,
        onStandby: @escaping @Sendable () -> Void,
        onFailure: @escaping @Sendable (KafkaError) -> Void
    ) throws(KafkaError) {
        self.onChange = onChange
        self.onStandby = onStandby
        name = options.name
        self.onFailure = onFailure
        var consumerOptions = ConsumerOptions(
            offsetReset: .latest, sessionTimeoutMs: options.sessionTimeoutMs)
        if options.isNameKept { consumerOptions.groupInstanceID = "coordinator-\(options.name)" }
        var kafka = options.kafka
        // Kafka 4's protocol refuses a name whose holder was killed until the broker's own session is over, and that is long.
        if kafka.usesConsumerProtocol { kafka.set("group.protocol", "classic") }
        consumer = try KafkaConsumer(
            kafka, groupID: options.topics.coordinatorGroup, options: consumerOptions)
        try consumer.subscribe([options.topics.control])
    }

    func run(until stop: Signal) -> PlatformThread {
        PlatformThread("leadership") { [self] in
            do throws(KafkaError) {
                while !stop.isSet { try step() }
            } catch {
                onFailure(error)
            }
            onChange(false)
            _ = consumer.close()
        }
    }

    private func step() throws(KafkaError) {
        switch consumer.poll(timeoutMs: 100) {
        case .assigned(let partitions):
            // Nothing is read through this consumer: it starts at the end and stays paused.
            try consumer.assign(partitions.map { ($0, .end) })
            if !partitions.isEmpty { try consumer.pause(partitions) }
            onChange(!partitions.isEmpty)
            if partitions.isEmpty { onStandby() }
        case .revoked:
            onChange(false)
            try consumer.unassign()
        case .error(let error) where error.code == KafkaError.Code.fencedInstance:
            throw KafkaError(
                code: error.code, doing: "cannot lead",
                detail: "another coordinator has started under the name \(name); give each its own --name",
                isFatal: true)
        case .error(let error) where error.isFatal: throw error
        case .error, .message, .partitionEnd, nil: break
        }
    }
}
