internal import Kafka
internal import PipelineMessages
internal import Synchronization
internal import Threads

/// Keeps every partition's backlog below a bound, and chooses where the next shard goes.
///
/// On the embedded broker, which silently drops what exceeds 5 MB a partition, this is what makes the
/// run lose nothing; on a real broker it bounds how far ingest runs ahead of the fleet.
final class PartitionPacer: Sendable {
    private let meters: Mutex<[BacklogMeter]>
    private let backlogBytesMax: Int?
    private let topics: TopicNames
    private let reader: KafkaConsumer
    private let stop = Signal()
    private let progressAtMs = Atomic<Int64>(Clock.steadyMs)
    /// Delivered records of which the broker did not say where they are; in flight until that is known.
    private let unplaced = Mutex<[(partition: Int32, bytes: Int)]>([])

    init(
        kafka: KafkaConfiguration, topics: TopicNames, partitions: Int, backlogBytesMax: Int?,
        recordBytesMax: Int
    ) throws(KafkaError) {
        self.topics = topics
        self.backlogBytesMax = backlogBytesMax
        reader = try KafkaConsumer(
            kafka, groupID: topics.workerGroup, options: ConsumerOptions(offsetReset: .error))
        var meters: [BacklogMeter] = []
        let committed = try reader.committed(Self.all(topics, partitions), timeoutMs: 15_000)
        for tp in Self.all(topics, partitions) {
            let marks = try reader.watermarks(tp, timeoutMs: 15_000)
            // Without a bound nobody reads the meter; with one, what is there already counts.
            let done = committed[tp]?.offset ?? marks.low
            meters.append(
                BacklogMeter(recordBytesMax: recordBytesMax, committed: max(done, marks.low), end: marks.high)
            )
        }
        self.meters = Mutex(meters)
    }

    /// Watches the workers' commits; only needed with a bound.
    func run() -> PlatformThread {
        PlatformThread("pacer") { [self] in
            let count = meters.withLock { $0.count }
            while !stop.wait(milliseconds: backlogBytesMax == nil ? 500 : 50) {
                place()
                guard
                    let committed = try? reader.committed(Self.all(topics, count), timeoutMs: 5_000)
                else { continue }
                progressAtMs.store(Clock.steadyMs, ordering: .relaxed)
                meters.withLock { meters in
                    for (tp, saved) in committed {
                        if let offset = saved.offset { meters[Int(tp.partition)].committed(offset) }
                    }
                }
            }
            _ = reader.close()
        }
    }

    func requestStop() { stop.set() }

    /// How long the workers' progress could not be read, milliseconds.
    var silentMs: Int64 { Clock.steadyMs - progressAtMs.load(ordering: .relaxed) }

    /// Reserves room for `bytes` in the first partition from `start` on that has it.
    func reserve(bytes: Int, from start: Int) -> Int32? {
        meters.withLock { meters in
            for step in 0..<meters.count {
                let partition = (start + step) % meters.count
                if let limit = backlogBytesMax, meters[partition].bytes + bytes > limit { continue }
                meters[partition].sending(bytes: bytes)
                return Int32(partition)
            }
            return nil
        }
    }

    func delivered(_ partition: Int32, offset: Int64?, bytes: Int) {
        if let offset {
            meters.withLock { $0[Int(partition)].delivered(offset: offset, bytes: bytes) }
        } else {
            unplaced.withLock { $0.append((partition, bytes)) }
        }
    }

    /// Places records of unknown offset at the end of their partition: not below where they are.
    private func place() {
        for (partition, bytes) in unplaced.withLock({ $0 }) {
            let tp = TopicPartition(topic: topics.shards, partition: partition)
            guard let end = try? reader.watermarks(tp, timeoutMs: 5_000).high else { return }
            meters.withLock { $0[Int(partition)].delivered(offset: end - 1, bytes: bytes) }
            unplaced.withLock { _ = $0.removeFirst() }
        }
    }

    func failed(_ partition: Int32, bytes: Int) {
        meters.withLock { $0[Int(partition)].failed(bytes: bytes) }
    }

    /// Bytes not committed yet, all partitions together.
    var backlogBytes: Int { meters.withLock { $0.reduce(0) { $0 + $1.bytes } } }

    private static func all(_ topics: TopicNames, _ count: Int) -> [TopicPartition] {
        (0..<Int32(count)).map { TopicPartition(topic: topics.shards, partition: $0) }
    }
}
