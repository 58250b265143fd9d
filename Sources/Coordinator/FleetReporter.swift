import ControlPlane
import FleetMachines
import Kafka
import PipelineMessages
import Synchronization
import Threads

/// Writes the coordinator's heartbeats, asks how far the workers are and counts the partitions, on a thread of its own.
package final class FleetReporter: Sendable {
    private let options: CoordinatorOptions
    private let writer: RecordWriter
    private let reader: KafkaConsumer
    private let admin: KafkaAdmin
    /// Made when it is needed first: a coordinator that stands by asks nothing.
    private let probe = Mutex<OpenTransactionProbe?>(nil)
    private let stop: Signal
    /// How long the reader may take to close, milliseconds: it is no member of the group.
    private static let closeMs: Int32 = 1_000
    /// How long all leaders together may take to say where partitions begin or end, milliseconds; and then each by itself: heartbeats
    /// wait meanwhile.
    private static let (extentsMs, leaderMs): (Int32, Int32) = (3_000, 1_500)
    private let tell: @Sendable (CoordinatorEvent, Int?) -> Void
    private let onFailure: @Sendable (KafkaError) -> Void

    /// - Parameter stop: Ends the thread, once a question that is under way is answered.
    init(
        _ options: CoordinatorOptions, until stop: Signal,
        tell: @escaping @Sendable (CoordinatorEvent, Int?) -> Void,
        onFailure: @escaping @Sendable (KafkaError) -> Void
    ) throws(KafkaError) {
        self.options = options
        self.stop = stop
        self.tell = tell
        self.onFailure = onFailure
        writer = try RecordWriter(options.kafka, until: stop)
        admin = try KafkaAdmin(options.kafka)
        reader = try KafkaConsumer(
            options.kafka, groupID: options.topics.workerGroup, options: ConsumerOptions(offsetReset: .error))
    }

    func run(
        _ queue: ActionQueue<CoordinatorAction>, live: @escaping @Sendable () -> [WorkerStatus]
    ) -> PlatformThread {
        PlatformThread("reports") { [self] in
            while !stop.isSet {
                for action in Self.due(queue.take(milliseconds: 100)) where !stop.isSet {
                    switch action {
                    case .beat(let status): beat(status, live)
                    case .note(let checkpoints): note(checkpoints)
                    case .askPositions(let partitions, let serial, let term):
                        tell(positions(partitions, serial), term)
                        if !stop.isSet { tellControlEnd(term) }
                    case .countPartitions: countPartitions()
                    case .askOffsetRoom: askOffsetRoom()
                    default: preconditionFailure("the service gives the reporter what is reported")
                    }
                }
            }
            reader.close(timeoutMs: Self.closeMs)
        }
    }

    /// What is done of all that has come meanwhile: the newest heartbeat alone, and behind the rest, so that a status topic that takes
    /// its time holds nothing else up.
    package static func due(_ actions: [CoordinatorAction]) -> [CoordinatorAction] {
        var others: [CoordinatorAction] = []
        var newest: CoordinatorAction?
        for action in actions {
            if case .beat = action { newest = action } else { others.append(action) }
        }
        return others + [newest].compactMap { $0 }
    }

    private func beat(_ machines: CoordinatorStatus, _ live: () -> [WorkerStatus]) {
        var status = machines
        status.twin = options.twin()?.measured(live())
        do throws(KafkaError) {
            try writer.write(
                RecordWriter.Record(
                    topic: options.topics.status, key: Array("coordinator".utf8),
                    value: JSONRecord.encode(status)), timeoutMs: 2_000)
            tell(.beatWritten, nil)
        } catch {
            // One that can not be written now is replaced by the next one; one that may not be written is not.
            if error.isRefusedAccess { onFailure(error) }
        }
    }

    private func note(_ checkpoints: [PositionCheckpoint]) {
        do throws(KafkaError) {
            _ = try writer.write(
                checkpoints.map {
                    RecordWriter.Record(
                        topic: options.topics.control,
                        key: ControlKey.checkpoint(partition: $0.partition).bytes,
                        value: JSONRecord.encode($0))
                }, timeoutMs: 5_000)
        } catch {
            if error.isRefusedAccess { onFailure(error) }
        }
    }

    /// One that can not be had now is asked for again.
    private func countPartitions() {
        guard let count = try? admin.partitionCount(of: options.topics.shards, timeoutMs: 5_000) else {
            return
        }
        tell(.partitions(count), nil)
        let shards = (0..<Int32(clamping: count)).map {
            TopicPartition(topic: options.topics.shards, partition: $0)
        }
        guard options.isKafka, !stop.isSet, let held = try? openTransactions(shards) else { return }
        let now = Clock.wallMs
        tell(
            .heldBack(
                held.map {
                    HeldPartition(
                        partition: $0.partition.partition, offset: $0.offset, text: $0.text(nowMs: now))
                }), nil)
    }

    private func openTransactions(_ places: [TopicPartition]) throws(KafkaError) -> [OpenTransaction] {
        let probe: OpenTransactionProbe
        if let made = self.probe.withLock({ $0 }) {
            probe = made
        } else {
            probe = try OpenTransactionProbe(options.kafka, by: reader)
            self.probe.withLock { $0 = probe }
        }
        return try probe.find(places, timeoutMs: 1_000)
    }

    private func askOffsetRoom() {
        guard options.isKafka, let nodes = try? admin.metadata(timeoutMs: 2_000).brokers else { return }
        let room = admin.offsetRoom(of: nodes.map(\.id), timeoutMs: 2_000)
        if let bytes = room.bytes { tell(.offsetRoom(bytes: bytes, isWhole: room.isWhole), nil) }
    }

    /// Over another client than the topic's reader, which may go on asking a node that is cut off.
    private func tellControlEnd(_ term: Int) {
        let place = TopicPartition(topic: options.topics.control, partition: 0)
        guard let end = (try? reader.extents([place], timeoutMs: 2_000))?[place]?.high else { return }
        tell(.controlEnds(at: end), term)
    }

    private func positions(_ partitions: [Int32], _ serial: Int) -> CoordinatorEvent {
        let shards = partitions.map { TopicPartition(topic: options.topics.shards, partition: $0) }
        do throws(KafkaError) {
            let committed = try reader.committed(shards, timeoutMs: 5_000)
            var saved: [Int32: SavedPosition] = [:]
            for (partition, position) in committed {
                guard let offset = position.offset else { continue }
                saved[partition.partition] = SavedPosition(offset: offset, metadata: position.metadata)
            }
            // Nobody reads by it: what it has to say of its connections would pile up.
            while reader.poll(timeoutMs: 0) != nil {}
            guard !stop.isSet else {
                return .positionsFailed(CallFailure(.retriable, "the coordinator ends"), serial: serial)
            }
            // Asked for after the positions: no position lies above its partition's end.
            let extents = try extents(shards)
            return .positions(
                saved,
                Dictionary(
                    uniqueKeysWithValues: extents.map {
                        ($0.key.partition, PartitionExtent(begin: $0.value.low, end: $0.value.high))
                    }), serial: serial)
        } catch {
            if error.isRefusedAccess { onFailure(error) }
            return .positionsFailed(CallFailure(error), serial: serial)
        }
    }

    /// Where partitions begin and end; without those of leaders that do not answer, as long as others do.
    private func extents(
        _ places: [TopicPartition]
    ) throws(KafkaError) -> [TopicPartition: (low: Int64, high: Int64)] {
        do throws(KafkaError) {
            return try reader.extents(places, timeoutMs: Self.extentsMs)
        } catch {
            guard !error.isRefusedAccess, !stop.isSet else { throw error }
            let wanted = Set(places)
            var led: [Int32: [TopicPartition]] = [:]
            for partition in try admin.topic(options.topics.shards, timeoutMs: Self.leaderMs).partitions {
                let place = TopicPartition(topic: options.topics.shards, partition: partition.id)
                if partition.leader >= 0, wanted.contains(place) {
                    led[partition.leader, default: []].append(place)
                }
            }
            let known = reader.extents(by: led, timeoutMs: Self.leaderMs) { stop.isSet }.known
            guard !known.isEmpty else { throw error }
            return known
        }
    }
}
