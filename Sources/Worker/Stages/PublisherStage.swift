internal import Kafka
internal import PipelineMessages
internal import Synchronization
internal import Threads

/// Publishes finished shards in offset order and commits what was delivered. One thread.
///
/// Shards of a partition may finish in any order; their records leave in offset order, so readers of
/// the predictions see each partition in order, and the ledger can count receipts without gaps.
final class PublisherStage: Sendable {
    private let input: BoundedQueue<PublisherMessage>
    /// Never set; something to wait for.
    private let pause = Signal()
    private let closings = BoundedQueue<Closing>(capacity: 16)
    private let options: WorkerOptions
    private let consumer: KafkaConsumer
    private let meters: WorkerMeters
    private let onFailure: @Sendable (WorkerFailure) -> Void
    /// Raised when a transaction was aborted: the lanes must start again from their committed offsets.
    let rewindWanted = Atomic<Bool>(false)
    private let committed = Mutex<[LaneID: Int]>([:])

    /// How many records of each lane are published and committed.
    var committedOrdinals: [LaneID: Int] { committed.withLock { $0 } }

    private struct Closing: Sendable {
        let partitions: Set<Int32>?
        let flushMs: Int64
        let done: Signal
    }

    init(
        input: BoundedQueue<PublisherMessage>, consumer: KafkaConsumer, options: WorkerOptions,
        meters: WorkerMeters, onFailure: @escaping @Sendable (WorkerFailure) -> Void
    ) {
        self.input = input
        self.consumer = consumer
        self.options = options
        self.meters = meters
        self.onFailure = onFailure
    }

    /// Ends lanes: what was published is waited for up to `flushMs` and committed, the rest dropped.
    /// `nil` ends all. Returns once it is done.
    func close(_ partitions: Set<Int32>?, flushMs: Int64) {
        let done = Signal()
        if closings.push(Closing(partitions: partitions, flushMs: flushMs, done: done)) { done.wait() }
    }

    func run() throws(KafkaError) -> PlatformThread {
        var producerOptions = ProducerOptions()
        // A shard's records leave together; waiting for the next shard's costs less than it saves.
        producerOptions.lingerMs = 10
        // A shard's predictions differ in little; their values shrink to a seventh (measured, 32 images).
        producerOptions.compression = .lz4
        if options.delivery == .exactlyOnce {
            producerOptions.transactionalID = "\(options.topics.workerGroup).\(options.worker)"
        }
        let producer = try KafkaProducer(options.kafka, options: producerOptions)
        if options.delivery == .exactlyOnce { try producer.initTransactions(timeoutMs: 60_000) }
        return PlatformThread("publisher") { [self] in
            var shell = PublisherShell(
                producer: producer, consumer: consumer, options: options, meters: meters)
            do throws(KafkaError) {
                try loop(&shell)
            } catch {
                onFailure(.broker(error))
            }
            // Nobody may wait for a publisher that has gone.
            input.close()
            closings.close()
            for closing in closings.drain(milliseconds: 0) { closing.done.set() }
        }
    }

    private func loop(_ shell: inout PublisherShell) throws(KafkaError) {
        while !input.isFinished {
            let waiting = shell.hasUndelivered ? 10 : 50
            for message in input.drain(max: 64, milliseconds: Int64(waiting)) { shell.take(message) }
            try step(&shell)
            for closing in closings.drain(milliseconds: 0) {
                defer { closing.done.set() }
                for message in input.drain(milliseconds: 0) { shell.take(message) }
                let deadline = Clock.steadyMs + closing.flushMs
                repeat {
                    try step(&shell, commitNow: true)
                    // While the group rebalances a commit is refused: no use in asking at once again.
                    if shell.hasUndelivered { _ = pause.wait(milliseconds: 10) }
                } while shell.hasUndelivered && Clock.steadyMs < deadline
                shell.drop(closing.partitions)
            }
        }
    }

    private func step(_ shell: inout PublisherShell, commitNow: Bool = false) throws(KafkaError) {
        do throws(KafkaError) {
            switch options.delivery {
            case .atLeastOnce: try shell.publishAndCommit(now: commitNow)
            case .exactlyOnce: try shell.publishInTransaction(now: commitNow)
            }
        } catch {
            let passes = error.requiresAbort || error.isStaleMember || error.isRetriable
            guard passes, !error.isFatal else { throw error }
            if options.delivery == .exactlyOnce {
                try shell.abortTransaction()
                shell.drop(nil)
                rewindWanted.store(true, ordering: .releasing)
            }
            onFailure(.note("publishing was interrupted and goes on: \(error)"))
        }
        committed.withLock { $0 = shell.committedOrdinals }
    }
}
