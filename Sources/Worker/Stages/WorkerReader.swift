internal import FleetMachines
internal import Kafka
internal import PipelineMessages
internal import Synchronization
internal import Threads

/// The poll thread: tells the machine what the group and the shard topic say, does what the machine asks of the reading
/// side.
final class WorkerReader: Sendable {
    private let conductor: WorkerConductor
    private let consumer: KafkaConsumer
    private let memberships: Memberships
    private let tasks: BoundedQueue<ShardTask>
    private let topic: String
    private let answerTopics: [String]
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
        _ options: WorkerOptions, conductor: WorkerConductor, consumer: KafkaConsumer,
        memberships: Memberships, tasks: BoundedQueue<ShardTask>, onJoined: @escaping @Sendable () -> Void,
        onRefused: @escaping @Sendable (KafkaError) -> Void
    ) throws(KafkaError) {
        admin = try KafkaAdmin(options.kafka)
        self.onJoined = onJoined
        self.onRefused = onRefused
        self.conductor = conductor
        self.consumer = consumer
        self.memberships = memberships
        self.tasks = tasks
        topic = options.topics.shards
        answerTopics = [options.topics.predictions, options.topics.receipts]
    }

    func run() -> PlatformThread {
        PlatformThread("poll") { [self] in
            var transactions = OpenTransactionWatch()
            var lookAtMs: Int64 = 0
            while !conductor.ended.isSet {
                let isPolling = conductor.look { $0.wantsPoll }
                for action in conductor.reading.take(milliseconds: isPolling ? 0 : 50) {
                    perform(action)
                    follow(action, &transactions)
                }
                guard conductor.look({ $0.wantsPoll }) else { continue }
                if let event = consumer.poll(timeoutMs: 50) {
                    transactions.follow(event)
                    tell(event)
                }
                guard Clock.steadyMs >= lookAtMs else { continue }
                lookAtMs = Clock.steadyMs + Self.lookMs
                let news = transactions.news(
                    steadyMs: Clock.steadyMs, wallMs: Clock.wallMs, consumer.knownEnd)
                for line in news { conductor.tellPeople(line) }
            }
            for action in conductor.reading.take(milliseconds: 0) { perform(action) }
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

    private func tell(_ event: ConsumerEvent) {
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
            memberships.take(consumer.groupMetadata())
            conductor.tell(.assigned(partitions.map(\.partition)))
            if !hasJoined.isSet {
                hasJoined.set()
                onJoined()
            }
        case .revoked(_, let lost): conductor.tell(.revoked(lost: lost))
        case .error(let error):
            if error.code == KafkaError.Code.noOffsetToResetTo, let place = error.partition {
                conductor.tell(whereabouts(of: place))
            } else if error.code == KafkaError.Code.fencedInstance {
                conductor.tell(.readingFailed(CallFailure(error)))
            } else {
                if error.isRefusedSetting { onRefused(error) }
                conductor.tell(
                    .readingFailed(CallFailure(error.isFatal ? .fatal : .retriable, "\(error)")))
            }
        }
    }

    /// What the broker has of a partition of which it has not what was to be read next.
    private func whereabouts(of place: TopicPartition) -> Machine.Event {
        let known = try? consumer.watermarks(place, timeoutMs: 5_000)
        return .outOfRange(
            partition: place.partition, known.map { PartitionExtent(begin: $0.low, end: $0.high) })
    }

    private func perform(_ action: WorkerConductor.Reading) {
        do throws(KafkaError) {
            switch action {
            case .fetchPositions(let partitions, let generation):
                // Partitions that are known to be there stay.
                let known = answerPartitions.withLock { $0 }
                if partitions.contains(where: { $0 >= known }) { countAnswers() }
                fetchPositions(partitions, generation)
            case .countAnswers: countAnswers()
            case .assign(let starts, let generation):
                memberships.begin(generation)
                try consumer.assign(
                    starts.map { (place($0.partition), .offset($0.offset)) })
            case .unassign: try consumer.unassign()
            case .leaveGroup: try consumer.unsubscribe()
            case .joinGroup: try consumer.subscribe([topic])
            case .pause(let partitions): try consumer.pause(partitions.map(place))
            case .resume(let partitions): try consumer.resume(partitions.map(place))
            case .submit(let task): tasks.push(task)
            }
        } catch {
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

    private func fetchPositions(_ partitions: [Int32], _ generation: Int) {
        do throws(KafkaError) {
            let committed = try consumer.committed(partitions.map(place), timeoutMs: 10_000)
            var saved: [Int32: SavedPosition] = [:]
            for (partition, position) in committed {
                guard let offset = position.offset else { continue }
                saved[partition.partition] = SavedPosition(offset: offset, metadata: position.metadata)
            }
            conductor.tell(.positions(saved, generation: generation))
        } catch {
            conductor.tell(.positionsFailed(CallFailure(error), generation: generation))
        }
    }

    private func place(_ partition: Int32) -> TopicPartition {
        TopicPartition(topic: topic, partition: partition)
    }
}

/// This worker's membership of its group, as it was when each generation of lanes began.
final class Memberships: Sendable {
    private struct State {
        var latest: ConsumerGroupMetadata?
        var byGeneration: [Int: ConsumerGroupMetadata] = [:]
        var generation = 0
    }

    private let state = Mutex(State())

    /// The group has just given partitions to this member.
    func take(_ metadata: ConsumerGroupMetadata) { state.withLock { $0.latest = metadata } }

    /// Lanes of `generation` begin; earlier ones commit nothing any more.
    func begin(_ generation: Int) {
        state.withLock {
            $0.byGeneration = [generation: $0.latest].compactMapValues { $0 }
            $0.generation = generation
        }
    }

    /// The generation of lanes that is read for.
    var generation: Int { state.withLock { $0.generation } }

    /// The membership in whose name lanes of `generation` commit.
    func membership(_ generation: Int) -> ConsumerGroupMetadata? {
        state.withLock { $0.byGeneration[generation] }
    }
}
