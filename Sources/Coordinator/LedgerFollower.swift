import Cutover
import Kafka
import PipelineMessages
import Synchronization
import Threads

/// Counts receipts into the ledger and compares it with the workers' committed offsets.
final class LedgerFollower: Sendable {
    private let options: CoordinatorOptions
    private let ledger: Mutex<ThroughputLedger>
    private let stop = Signal()
    private let partitions: [Int32]
    private let log: @Sendable (String) -> Void

    init(
        _ options: CoordinatorOptions, restoring: CoordinatorStatus?, partitions: [Int32],
        log: @escaping @Sendable (String) -> Void
    ) {
        self.options = options
        self.partitions = partitions
        self.log = log
        ledger = Mutex(restoring.map { ThroughputLedger(restoring: $0) } ?? ThroughputLedger())
    }

    var snapshot: ThroughputLedger { ledger.withLock { $0 } }

    func requestStop() { stop.set() }

    func run() throws(KafkaError) -> PlatformThread {
        var consumerOptions = ConsumerOptions(offsetReset: .earliest)
        // The ledger may lag a little; many small answers would cost more than they tell.
        consumerOptions.fetchWaitMs = 250
        consumerOptions.queueKilobytes = 16_384
        let consumer = try KafkaConsumer(
            options.kafka, groupID: options.topics.workerGroup, options: consumerOptions)
        let start = snapshot
        try consumer.assign(
            partitions.map { partition in
                let offset = start.receiptsOffset(partition: partition)
                return (
                    TopicPartition(topic: options.topics.receipts, partition: partition),
                    offset == 0 ? .beginning : .offset(offset)
                )
            })
        return PlatformThread("ledger") { [self] in
            var checkedAtMs = Clock.steadyMs
            while !stop.isSet {
                switch consumer.poll(timeoutMs: 100) {
                case .message(let message): take(message)
                case .error(let error): log("ledger: \(error)")
                case .assigned, .revoked, .partitionEnd, nil: break
                }
                if Clock.steadyMs - checkedAtMs > 1_000 {
                    checkedAtMs = Clock.steadyMs
                    check(consumer)
                }
            }
            _ = consumer.close()
        }
    }

    private func take(_ message: KafkaMessage) {
        do throws(RecordError) {
            let receipt = try JSONRecord.decode(Receipt.self, from: message.payload)
            guard receipt.partition == message.partition, receipt.topic == options.topics.shards else {
                throw RecordError(
                    record: "Receipt", problem: "it is of \(receipt.topic)/\(receipt.partition)")
            }
            ledger.withLock { $0.apply(receipt, receiptsOffset: message.offset) }
        } catch {
            log("ledger: receipts/\(message.partition)@\(message.offset): \(error)")
        }
    }

    private func check(_ consumer: KafkaConsumer) {
        let shards = partitions.map { TopicPartition(topic: options.topics.shards, partition: $0) }
        guard let committed = try? consumer.committed(shards, timeoutMs: 5_000) else { return }
        ledger.withLock { ledger in
            for (partition, saved) in committed {
                guard let offset = saved.offset, let progress = try? PartitionProgress(text: saved.metadata)
                else { continue }
                ledger.check(partition: partition.partition, committed: offset, progress: progress)
            }
            ledger.checkSums()
        }
    }
}
