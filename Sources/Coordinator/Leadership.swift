import FleetMachines
import Kafka
import PipelineMessages
import Synchronization
import Threads

/// Elects one leading coordinator: the owner of the control topic's only partition in a consumer group.
///
/// Leadership only saves work. Safety does not rest on it: every decision counts in the order of the
/// control topic, and every marker is idempotent.
///
/// A coordinator whose name the group has given to somebody else does not lead any more and joins again once, see ``RejoinPolicy``.
final class Leadership: Sendable {
    /// How long a client that was fenced may take to close, milliseconds: the group takes no word of it any more.
    private static let closeMs: Int32 = 2_000
    /// How long leaving the group may take at the end, milliseconds: one that does not answer forgets this member by itself.
    private static let leaveMs: Int32 = 5_000

    private let options: CoordinatorOptions
    private let made: Mutex<KafkaConsumer>
    private let onChange: @Sendable (Bool) -> Void
    private let onStandby: @Sendable () -> Void
    private let onFailure: @Sendable (KafkaError) -> Void
    private let say: @Sendable (String) -> Void

    /// - Parameters:
    ///   - onStandby: Called when the group has given the leadership to another, again after each rebalance.
    ///   - onFailure: Called when this coordinator can not be a member any more.
    ///   - say: Takes a line for people.
    init(
        _ options: CoordinatorOptions, onChange: @escaping @Sendable (Bool) -> Void,
        onStandby: @escaping @Sendable () -> Void,
        onFailure: @escaping @Sendable (KafkaError) -> Void, say: @escaping @Sendable (String) -> Void
    ) throws(KafkaError) {
        self.options = options
        self.onChange = onChange
        self.onStandby = onStandby
        self.onFailure = onFailure
        self.say = say
        made = Mutex(try Self.join(options))
    }

    private var consumer: KafkaConsumer { made.withLock { $0 } }

    private static func join(
        _ options: CoordinatorOptions, asking kafka: KafkaConfiguration? = nil
    ) throws(KafkaError) -> KafkaConsumer {
        var consumerOptions = ConsumerOptions(
            offsetReset: .latest, sessionTimeoutMs: options.sessionTimeoutMs)
        if options.isNameKept { consumerOptions.groupInstanceID = "coordinator-\(options.name)" }
        var kafka = kafka ?? options.kafka
        // Kafka 4's protocol refuses a name whose holder was killed until the broker's own session is over, and that is long.
        if kafka.usesConsumerProtocol { kafka.set("group.protocol", "classic") }
        let consumer = try KafkaConsumer(
            kafka, groupID: options.topics.coordinatorGroup, options: consumerOptions)
        try consumer.subscribe([options.topics.control])
        return consumer
    }

    func run(until stop: Signal) -> PlatformThread {
        PlatformThread("leadership") { [self] in
            var policy = RejoinPolicy()
            var silence = GroupSilence(sessionMs: Int64(options.sessionTimeoutMs))
            var turns = NodeTurns()
            // The first client has just subscribed.
            silence.begin(isLost: false, nowMs: Clock.steadyMs)
            do throws(KafkaError) {
                while !stop.isSet {
                    if try isFenced(&policy, &silence) { try rejoin(&policy, &silence, until: stop) }
                    if silence.isOver(nowMs: Clock.steadyMs), let asking = turns.next(options.kafka) {
                        say("the group of coordinators is silent: another node is asked who keeps it")
                        try renew(asking: asking)
                    }
                }
            } catch {
                onFailure(error)
            }
            onChange(false)
            _ = consumer.close(timeoutMs: Self.leaveMs)
        }
    }

    /// Takes the group's next word; returns whether it is that somebody else has this coordinator's name.
    private func isFenced(
        _ policy: inout RejoinPolicy, _ silence: inout GroupSilence
    ) throws(KafkaError) -> Bool {
        do throws(KafkaError) {
            try step(&policy, &silence)
        } catch {
            // What is asked of a client that was fenced fails with another code.
            let codes = [error.code, consumer.fatalError?.code]
            guard codes.contains(KafkaError.Code.fencedInstance) else { throw error }
            return true
        }
        return false
    }

    private func step(
        _ policy: inout RejoinPolicy, _ silence: inout GroupSilence
    ) throws(KafkaError) {
        switch consumer.poll(timeoutMs: 100) {
        case .assigned(let partitions):
            policy.joined(nowMs: Clock.steadyMs)
            silence.end()
            // Nothing is read through this consumer: it starts at the end and stays paused.
            try consumer.assign(partitions.map { ($0, .end) })
            if !partitions.isEmpty { try consumer.pause(partitions) }
            onChange(!partitions.isEmpty)
            if partitions.isEmpty { onStandby() }
        case .revoked(_, let isLost):
            silence.begin(isLost: isLost, nowMs: Clock.steadyMs)
            onChange(false)
            try consumer.unassign()
        case .error(let error) where error.isFatal || error.code == KafkaError.Code.fencedInstance:
            throw error
        case .error, .message, .partitionEnd, nil: break
        }
    }

    /// Steps down, and joins anew under the name unless another coordinator has it.
    private func rejoin(
        _ policy: inout RejoinPolicy, _ silence: inout GroupSilence, until stop: Signal
    ) throws(KafkaError) {
        onChange(false)
        silence.end()
        guard
            let waitMs = policy.fenced(
                nowMs: Clock.steadyMs, draw: UInt64.random(in: .min ... .max))
        else {
            throw KafkaError(
                code: KafkaError.Code.fencedInstance, doing: "cannot lead",
                detail:
                    "another coordinator has started under the name \(options.name); give each its own --name",
                isFatal: true)
        }
        say(
            "the group says that somebody else has joined as \(options.name): another coordinator, or this one's own join, "
                + "repeated to a node that did not answer; it does not lead, and joins once more in \(waitMs / 1_000) s"
        )
        // Who has a name does not leave the group by this.
        consumer.close(timeoutMs: Self.closeMs)
        guard !stop.wait(milliseconds: waitMs) else { return }
        try renew(asking: nil)
        silence.begin(isLost: false, nowMs: Clock.steadyMs)
    }

    /// Joins with a new client.
    private func renew(asking kafka: KafkaConfiguration?) throws(KafkaError) {
        consumer.close(timeoutMs: Self.closeMs)
        let new = try Self.join(options, asking: kafka)
        let old = made.withLock { made in
            defer { made = new }
            return made
        }
        // Ended here, outside of the lock.
        _ = old
    }
}
