internal import Cutover
internal import Kafka
internal import PipelineMessages
internal import Synchronization
internal import Threads

/// The poll thread: owns the partitions, passes markers, hands shards to the replicas.
///
/// Back-pressure: it polls only while the replicas' queue has room, so memory is bounded by that queue
/// and librdkafka's own prefetch bound. A partition whose head is not here yet is paused, never guessed.
struct IntakeStage {
    private struct Partition {
        let lane: LaneID
        var timeline: HeadTimeline
        var nextOrdinal = 0
        var waiting: [KafkaMessage] = []
        var blocked: String?
        var lastHead: HeadLabel?
        /// Next offset expected from the broker; what lies below was received already.
        var received: Int64
        /// Next offset to hand on.
        var position: Int64
    }

    private let options: WorkerOptions
    private let consumer: KafkaConsumer
    private let control: ControlFollower
    private let store: HeadStore
    private let ignored: IgnoredCutovers
    private let tasks: BoundedQueue<ShardTask>
    private let publisher: PublisherStage
    private let publisherQueue: BoundedQueue<PublisherMessage>
    private let board: AssignmentBoard
    private let onFailure: @Sendable (WorkerFailure) -> Void
    private var partitions: [Int32: Partition] = [:]
    private var generation = 0

    init(
        options: WorkerOptions, consumer: KafkaConsumer, control: ControlFollower, store: HeadStore,
        ignored: IgnoredCutovers, tasks: BoundedQueue<ShardTask>, publisher: PublisherStage,
        publisherQueue: BoundedQueue<PublisherMessage>, board: AssignmentBoard,
        onFailure: @escaping @Sendable (WorkerFailure) -> Void
    ) {
        self.options = options
        self.consumer = consumer
        self.control = control
        self.store = store
        self.ignored = ignored
        self.tasks = tasks
        self.publisher = publisher
        self.publisherQueue = publisherQueue
        self.board = board
        self.onFailure = onFailure
    }

    /// Polls until `stop`, then leaves the partitions in order.
    mutating func loop(stop: Signal, drain: Signal) {
        while !stop.isSet, !drain.isSet {
            if publisher.rewindWanted.exchange(false, ordering: .acquiringAndReleasing) {
                open(partitions.keys.sorted().map { topicPartition($0) })
            }
            unblock()
            guard tasks.waitForRoom(milliseconds: 50) else { continue }
            switch consumer.poll(timeoutMs: 50) {
            case nil, .partitionEnd: break
            case .message(let message): take(message)
            case .assigned(let assigned): open(assigned)
            case .revoked(let revoked, let lost): close(revoked, lost: lost)
            case .error(let error): report(error)
            }
        }
        if drain.isSet { waitUntilIdle(stop: stop) }
        publisher.close(nil, flushMs: 5_000)
        board.set([:])
        partitions = [:]
    }

    // MARK: Assignment

    private mutating func open(_ assigned: [TopicPartition]) {
        generation += 1
        do {
            let committed = try consumer.committed(assigned, timeoutMs: 30_000)
            var starts: [(TopicPartition, StartOffset)] = []
            partitions = [:]
            for tp in assigned {
                let saved = committed[tp]
                let progress = try PartitionProgress(text: saved?.offset == nil ? "" : saved?.metadata ?? "")
                let lane = LaneID(partition: tp.partition, generation: generation)
                partitions[tp.partition] = Partition(
                    lane: lane,
                    timeline: HeadTimeline(
                        partition: tp.partition, startOffset: saved?.offset ?? 0, progress: progress,
                        activations: control.activations),
                    received: saved?.offset ?? 0, position: saved?.offset ?? 0)
                starts.append((tp, saved?.offset.map { .offset($0) } ?? .beginning))
                publisherQueue.push(.opened(lane, images: progress.images))
            }
            show()
            try consumer.assign(starts)
        } catch let error as KafkaError {
            // Not answered: the group asks again when this worker rejoins.
            onFailure(.broker(error))
        } catch {
            onFailure(.progress("\(error)"))
        }
    }

    private mutating func close(_ revoked: [TopicPartition], lost: Bool) {
        for tp in revoked { partitions[tp.partition] = nil }
        show()
        publisher.close(Set(revoked.map(\.partition)), flushMs: lost ? 0 : 1_000)
        do throws(KafkaError) {
            try consumer.unassign()
        } catch {
            report(error)
        }
    }

    private func show() {
        board.set(
            partitions.mapValues { partition in
                AssignmentBoard.Entry(
                    lane: partition.lane, head: partition.lastHead, blocked: partition.blocked,
                    position: partition.position)
            })
    }

    // MARK: Records

    private mutating func take(_ message: KafkaMessage) {
        guard let partition = partitions[message.partition], message.offset >= partition.received else {
            return  // of a partition given back, or fetched again after a pause
        }
        partitions[message.partition]?.received = message.offset + 1
        place(message)
    }

    private mutating func place(_ message: KafkaMessage) {
        if partitions[message.partition]?.blocked != nil {
            partitions[message.partition]?.waiting.append(message)
        } else {
            pass(message)
        }
    }

    /// Hands one record on, or blocks its partition with the record first in line.
    private mutating func pass(_ message: KafkaMessage) {
        guard var partition = partitions[message.partition] else { return }
        defer {
            partitions[message.partition] = partition
            show()
        }
        if isMarker(message) {
            passMarker(message, &partition)
            return
        }
        let stream = String(decoding: message.key ?? [], as: UTF8.self)
        partition.timeline.learn(control.activations)
        switch store.choice(partition.timeline, stream: stream) {
        case .blocked(let reason): block(message, &partition, reason)
        case .head(let stamp, let loaded):
            partition.lastHead = stamp.label
            let ticket = ticket(message, &partition)
            tasks.push(
                ShardTask(
                    ticket: ticket, message: message, stream: stream, stamp: stamp, loaded: loaded,
                    receivedNs: Clock.steadyNs))
        }
    }

    private func isMarker(_ message: KafkaMessage) -> Bool {
        message.header(ShardTopicKind.header) == Array(ShardTopicKind.marker.rawValue.utf8)
    }

    private func passMarker(_ message: KafkaMessage, _ partition: inout Partition) {
        do throws(RecordError) {
            let marker = try JSONRecord.decode(CutoverMarker.self, from: message.payload)
            // With a frozen head as well: a worker with an open backbone may own the partition next.
            partition.timeline.apply(marker, at: message.offset)
            if let reason = store.frozenRefusal, ignored.take(marker.request) {
                onFailure(
                    .note(
                        "cut-over ignored: partition \(message.partition) holds a marker of \(marker.label) at "
                            + "offset \(message.offset); \(reason)"))
            }
            publisherQueue.push(.outcome(ticket(message, &partition), .passed))
        } catch {
            publisherQueue.push(
                .outcome(
                    ticket(message, &partition),
                    .dead(
                        message, stream: "", code: "bad-marker", reason: "\(error)",
                        receivedNs: Clock.steadyNs)))
        }
    }

    private func ticket(_ message: KafkaMessage, _ partition: inout Partition) -> Ticket {
        defer {
            partition.nextOrdinal += 1
            partition.position = message.offset + 1
        }
        return Ticket(
            lane: partition.lane, ordinal: partition.nextOrdinal, offset: message.offset,
            headsAfter: partition.timeline.heads)
    }

    // MARK: Blocking

    private func block(_ message: KafkaMessage, _ partition: inout Partition, _ reason: String) {
        if partition.blocked == nil {
            try? consumer.pause([topicPartition(message.partition)])
        }
        partition.waiting.insert(message, at: 0)
        partition.blocked = reason
    }

    /// Tries again what waits for a head.
    private mutating func unblock() {
        for (number, partition) in partitions where partition.blocked != nil {
            let waiting = partition.waiting
            partitions[number]?.waiting = []
            partitions[number]?.blocked = nil
            for message in waiting { place(message) }
            if partitions[number]?.blocked == nil {
                try? consumer.resume([topicPartition(number)])
            }
        }
    }

    // MARK: Ends

    private mutating func waitUntilIdle(stop: Signal) {
        // What waits for a head can not finish; it stays uncommitted for its next owner.
        try? consumer.pause(partitions.keys.map { topicPartition($0) })
        let deadline = Clock.steadyMs + 30_000
        while !stop.isSet, Clock.steadyMs < deadline, !isIdle {
            switch consumer.poll(timeoutMs: 20) {
            case .revoked(let revoked, let lost): close(revoked, lost: lost)
            case .assigned: try? consumer.unassign()
            case .error(let error): report(error)
            case .message, .partitionEnd, nil: break
            }
        }
    }

    /// Whether all that was handed on is published and committed.
    private var isIdle: Bool {
        let done = publisher.committedOrdinals
        return partitions.values.allSatisfy { done[$0.lane, default: 0] >= $0.nextOrdinal }
    }

    private func report(_ error: KafkaError) {
        if error.code == KafkaError.Code.noOffsetToResetTo {
            onFailure(.dataLost("\(error)"))
        } else {
            onFailure(error.isFatal ? .broker(error) : .note("broker: \(error)"))
        }
    }

    private func topicPartition(_ partition: Int32) -> TopicPartition {
        TopicPartition(topic: options.topics.shards, partition: partition)
    }
}
