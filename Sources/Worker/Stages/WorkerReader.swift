internal import FleetMachines
internal import Kafka
internal import PipelineMessages
internal import Synchronization
internal import Threads

/// The poll thread: tells the machine what the group and the shard topic say, does what the machine asks of the reading
/// side.
final class WorkerReader: Sendable {
    private let worker: String
    private let conductor: WorkerConductor
    private let consumer: ShardConsumer
    private let memberships: Memberships
    private let tasks: BoundedQueue<ShardTask>
    private let kafka: KafkaConfiguration
    private let topic: String
    private let answerTopics: [String]
    private let sessionMs: Int64
    /// What all of them were found to have.
    private let answerPartitions = Mutex<Int32>(0)
    private let admin: KafkaAdmin
    private let hasJoined = Signal()
    private let onJoined: @Sendable () -> Void
    private let onRefused: @Sendable (KafkaError) -> Void

    /// Time between two looks for open transactions, milliseconds.
    private static let lookMs: Int64 = 1_000

    /// - Parameters:
    ///   - onJoined: Called once, when the group has taken this worker in.
    ///   - onRefused: Called before the machine fails, when the broker refuses a setting.
    init(
        _ options: WorkerOptions, conductor: WorkerConductor, consumer: ShardConsumer,
        memberships: Memberships, tasks: BoundedQueue<ShardTask>, onJoined: @escaping @Sendable () -> Void,
        onRefused: @escaping @Sendable (KafkaError) -> Void
    ) throws(KafkaError) {
        admin = try KafkaAdmin(options.kafka)
        worker = options.worker
        self.onJoined = onJoined
        self.onRefused = onRefused
        self.conductor = conductor
        self.consumer = consumer
        self.memberships = memberships
        self.tasks = tasks
        topic = options.topics.shards
        kafka = options.kafka
        answerTopics = [options.topics.predictions, options.topics.receipts]
        sessionMs = Int64(options.sessionTimeoutMs)
    }

    func run() -> PlatformThread {
        PlatformThread("poll") { [self] in
            var name = HeldName(sessionMs: sessionMs)
            // Its first client has just subscribed.
            name.joins(nowMs: Clock.steadyMs)
            var turns = NodeTurns()
            var transactions = OpenTransactionWatch()
            var lookAtMs: Int64 = 0
            while !conductor.ended.isSet {
                let isPolling = conductor.wantsPoll && name.againMs == nil
                for action in conductor.reading.take(milliseconds: isPolling ? 0 : 50) {
                    perform(action, &name)
                    follow(action, &transactions)
                }
                guard conductor.wantsPoll else { continue }
                if let againMs = name.againMs {
                    if Clock.steadyMs >= againMs { rejoin(&name) }
                } else if conductor.ownsNothing, name.isSilent(nowMs: Clock.steadyMs),
                    let asking = turns.next(kafka)
                {
                    conductor.tellPeople("group: it is silent: another node is asked who keeps it")
                    rejoin(&name, asking: asking)
                } else if let event = consumer.current.poll(timeoutMs: 50) {
                    transactions.follow(event)
                    tell(event, &name)
                }
                guard Clock.steadyMs >= lookAtMs else { continue }
                lookAtMs = Clock.steadyMs + Self.lookMs
                let news = transactions.news(
                    steadyMs: Clock.steadyMs, wallMs: Clock.wallMs, consumer.current.knownEnd)
                for line in news { conductor.tellPeople(line) }
            }
            for action in conductor.reading.take(milliseconds: 0) { perform(action, &name) }
        }
    }

    /// Somebody else has this worker's name: what it read is lost, and it joins again, or ends.
    private func lost(_ error: KafkaError, _ name: inout HeldName) {
        guard name.againMs == nil else { return }
        guard let waitMs = name.lost(nowMs: Clock.steadyMs, draw: UInt64.random(in: .min ... .max)) else {
            return conductor.tell(.readingFailed(.rival(consumer.current.fatalError ?? error)))
        }
        conductor.say(
            "membership: the group says that somebody else has joined as \(worker): another worker, or this one's own join, "
                + "repeated to a node that did not answer; it joins once more in \(waitMs / 1_000) s")
        conductor.tell(.revoked(lost: true))
    }

    /// Joins with a new client, or has one ready while it is outside. Called while nothing is owned.
    ///
    /// - Parameter kafka: The configuration with the node that is asked first; `nil` for that of the worker.
    private func rejoin(_ name: inout HeldName, asking kafka: KafkaConfiguration? = nil) {
        // What was to be given back waits here, unless it is done.
        for action in conductor.reading.take(milliseconds: 0) { perform(action, &name) }
        name.joinsAgain(nowMs: Clock.steadyMs)
        do throws(KafkaError) {
            try consumer.renew(asking: kafka, isJoining: !name.isOutside)
        } catch {
            conductor.tell(.readingFailed(CallFailure(.fatal, "\(error)")))
        }
    }

    /// What is not read now is not waited for.
    private func follow(_ action: WorkerConductor.Reading, _ transactions: inout OpenTransactionWatch) {
        switch action {
        case .pause(let partitions): transactions.pause(partitions.map(place))
        case .resume(let partitions): transactions.resume(partitions.map(place))
        case .assign, .unassign, .leaveGroup: transactions = OpenTransactionWatch()
        case .fetchPositions, .countAnswers, .joinGroup, .submit: break
        }
    }

    private func tell(_ event: ConsumerEvent, _ name: inout HeldName) {
        switch event {
        case .partitionEnd: break
        case .message(let message):
            let record = ShardTopicRecord(
                key: message.key ?? [], kind: message.header(ShardTopicKind.header)
            ) { message.payload }
            conductor.tell(
                .record(
                    record, message, partition: message.partition, offset: message.offset,
                    generation: memberships.generation))
        case .assigned(let partitions):
            // Taken now: later this client may be told that it is no member any more.
            if let membership = try? consumer.current.groupMetadata() { memberships.take(membership) }
            name.isIn(nowMs: Clock.steadyMs)
            conductor.tell(.assigned(partitions.map(\.partition)))
            if !hasJoined.isSet {
                hasJoined.set()
                onJoined()
            }
        case .revoked(_, let lost):
            name.isRevoked(lost: lost)
            conductor.tell(.revoked(lost: lost))
        case .error(let error):
            if error.code == KafkaError.Code.noOffsetToResetTo, let place = error.partition {
                conductor.tell(whereabouts(of: place))
            } else if consumer.isFenced(error) {
                lost(error, &name)
            } else {
                if error.isRefusedSetting { onRefused(error) }
                conductor.tell(
                    .readingFailed(CallFailure(error.isFatal ? .fatal : .retriable, "\(error)")))
            }
        }
    }

    /// What the broker has of a partition of which it has not what was to be read next.
    private func whereabouts(of place: TopicPartition) -> Machine.Event {
        let known = try? consumer.current.watermarks(place, timeoutMs: 5_000)
        return .outOfRange(
            partition: place.partition, known.map { PartitionExtent(begin: $0.low, end: $0.high) })
    }

    private func perform(_ action: WorkerConductor.Reading, _ name: inout HeldName) {
        let consumer = consumer.current
        do throws(KafkaError) {
            switch action {
            case .fetchPositions(let partitions, let generation):
                // Partitions that are known to be there stay.
                let known = answerPartitions.withLock { $0 }
                if partitions.contains(where: { $0 >= known }) { countAnswers() }
                try fetchPositions(partitions, generation)
            case .countAnswers: countAnswers()
            case .assign(let starts, let generation):
                memberships.begin(generation)
                try consumer.assign(
                    starts.map { (place($0.partition), .offset($0.offset)) })
            case .unassign:
                // Not before: until then it is the group that waits.
                name.gaveBack(nowMs: Clock.steadyMs)
                try consumer.unassign()
            case .leaveGroup:
                name.leaves()
                try consumer.unsubscribe()
            case .joinGroup:
                name.joins(nowMs: Clock.steadyMs)
                try consumer.subscribe([topic])
            case .pause(let partitions): try consumer.pause(partitions.map(place))
            case .resume(let partitions): try consumer.resume(partitions.map(place))
            case .submit(let task): tasks.push(task)
            }
        } catch {
            guard !self.consumer.isFenced(error) else { return lost(error, &name) }
            // Of partitions that are not ours any more; the group says so next.
            conductor.tell(.readingFailed(CallFailure(error.isFatal ? .fatal : .retriable, "\(error)")))
        }
    }

    /// What can not be counted now is believed to be there.
    private func countAnswers() {
        var counts: [(topic: String, partitions: Int)] = []
        for topic in answerTopics {
            guard let count = try? admin.partitionCount(of: topic, timeoutMs: 5_000) else { return }
            counts.append((topic, count))
        }
        guard let narrowest = counts.min(by: { $0.partitions < $1.partitions }) else { return }
        answerPartitions.withLock { $0 = Int32(clamping: narrowest.partitions) }
        conductor.tell(.answers(topic: narrowest.topic, partitions: narrowest.partitions))
    }

    /// - Throws: ``KafkaError`` where somebody else has this worker's name.
    private func fetchPositions(_ partitions: [Int32], _ generation: Int) throws(KafkaError) {
        do throws(KafkaError) {
            let committed = try consumer.current.committed(partitions.map(place), timeoutMs: 10_000)
            var saved: [Int32: SavedPosition] = [:]
            for (partition, position) in committed {
                guard let offset = position.offset else { continue }
                saved[partition.partition] = SavedPosition(offset: offset, metadata: position.metadata)
            }
            conductor.tell(.positions(saved, generation: generation))
        } catch {
            guard !consumer.isFenced(error) else { throw error }
            conductor.tell(.positionsFailed(CallFailure(error), generation: generation))
        }
    }

    private func place(_ partition: Int32) -> TopicPartition {
        TopicPartition(topic: topic, partition: partition)
    }
}
