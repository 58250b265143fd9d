import ControlPlane
import FleetMachines
import Kafka
import PipelineMessages
import Synchronization
import Threads

/// Reads the control topic, the status topic and the receipts for one term of leadership, each on a thread of its own.
final class TermFollowers: Sendable {
    private let options: CoordinatorOptions
    private let term: Int
    private let lines: LineLimiter
    private let tell: @Sendable (CoordinatorEvent) -> Void
    private let onFailure: @Sendable (KafkaError) -> Void
    private let stop = Signal()
    private let threads = Mutex<[PlatformThread]>([])

    /// Begins with control and status.
    init(
        _ options: CoordinatorOptions, term: Int, lines: LineLimiter,
        tell: @escaping @Sendable (CoordinatorEvent) -> Void,
        onFailure: @escaping @Sendable (KafkaError) -> Void
    ) {
        self.options = options
        self.term = term
        self.lines = lines
        self.tell = tell
        self.onFailure = onFailure
        start("control") { [self] () throws(KafkaError) in try followControl() }
        start("status") { [self] () throws(KafkaError) in try followStatus() }
    }

    /// Goes on with the receipts from these offsets.
    func countReceipts(from offsets: [Int32: Int64]) {
        start("ledger") { [self] () throws(KafkaError) in try followReceipts(offsets) }
    }

    /// Ends the reading soon.
    func requestStop() { stop.set() }

    /// Ends the reading and waits for its end.
    func stop(milliseconds: Int64 = 10_000) {
        stop.set()
        for thread in threads.withLock({ $0 }) { _ = thread.join(milliseconds: milliseconds) }
    }

    /// Runs `body` until the term ends, anew when the broker could not be used.
    private func start(_ name: String, _ body: @escaping @Sendable () throws(KafkaError) -> Void) {
        let thread = PlatformThread(name) { [self] in
            while !stop.isSet {
                do throws(KafkaError) {
                    try body()
                } catch {
                    if error.isRefusedAccess { return onFailure(error) }
                    lines.say("\(name): \(error)")
                    _ = stop.wait(milliseconds: 1_000)
                }
            }
        }
        threads.withLock { $0.append(thread) }
    }

    private func followControl() throws(KafkaError) {
        let tail = try ControlTail(options.kafka, topics: options.topics)
        defer { tail.close() }
        var isCaughtUp = false
        while !stop.isSet {
            for event in tail.poll(timeoutMs: 50) {
                switch event {
                case .head(let manifest, .success): tell(.published(manifest))
                case .head(let manifest, .failure(let failure)): tell(.unusable(manifest, "\(failure)"))
                case .cutover(let record, let offset): tell(.cutover(record, offset: offset))
                case .caughtUp:
                    tell(.controlCaughtUp)
                    // The files of heads went through here, and only what is said of them stays.
                    if !isCaughtUp { MemoryPolicy.returnFreedPages() }
                    isCaughtUp = true
                case .unreadable(let key, let problem):
                    lines.say("control topic, \(key): \(problem)", kind: "control topic")
                case .error(let error): try pass(error, "control topic")
                case .ledgerReset(let record, let offset): tell(.ledgerReset(record, offset: offset))
                case .move(let move, let name, let offset):
                    tell(.move(move, name: name, offset: offset))
                case .checkpoint(let checkpoint, let offset): tell(.checkpoint(checkpoint, offset: offset))
                case .read(let below): tell(.controlRead(below: below))
                case .command: break
                }
            }
        }
    }

    private func followStatus() throws(KafkaError) {
        let tail = try StatusTail(options.kafka, topics: options.topics, from: .beginning)
        defer { tail.close() }
        while !stop.isSet {
            switch tail.poll(timeoutMs: 50) {
            case .worker(let status): tell(.worker(status))
            case .coordinator(let status): tell(.coordinator(status))
            case .caughtUp: tell(.statusCaughtUp)
            case .error(let error): try pass(error, "status topic")
            case .fleet, nil: break
            }
        }
    }

    private func followReceipts(_ offsets: [Int32: Int64]) throws(KafkaError) {
        var consumerOptions = ConsumerOptions(offsetReset: .earliest, reportsPartitionEnd: true)
        // The ledger may lag a little; many small answers would cost more than they tell.
        consumerOptions.fetchWaitMs = 250
        consumerOptions.queueKilobytes = 16_384
        let consumer = try KafkaConsumer(
            options.kafka, groupID: nil, options: consumerOptions)
        defer { _ = consumer.close() }
        try consumer.assign(
            offsets.sorted { $0.key < $1.key }.map { partition, offset in
                (
                    TopicPartition(topic: options.topics.receipts, partition: partition),
                    offset == 0 ? .beginning : .offset(offset)
                )
            })
        var transactions = OpenTransactionWatch()
        var lookAtMs: Int64 = 0
        while !stop.isSet {
            let event = consumer.poll(timeoutMs: 100)
            if let event { transactions.follow(event) }
            switch event {
            case .message(let message): take(message)
            case .error(let error): try pass(error, "ledger")
            case .assigned, .revoked, .partitionEnd, nil: break
            }
            guard Clock.steadyMs >= lookAtMs else { continue }
            lookAtMs = Clock.steadyMs + 1_000
            let news = transactions.news(
                steadyMs: Clock.steadyMs, wallMs: Clock.wallMs, consumer.knownEnd)
            for line in news { lines.say("ledger: \(line)") }
        }
    }

    private func take(_ message: KafkaMessage) {
        do throws(RecordError) {
            let receipt = try JSONRecord.decode(Receipt.self, from: message.payload)
            guard receipt.partition == message.partition, receipt.topic == options.topics.shards else {
                throw RecordError(
                    record: "Receipt", problem: "it is of \(receipt.topic)/\(receipt.partition)")
            }
            tell(.receipt(receipt, offset: message.offset))
        } catch {
            lines.say("ledger: receipts/\(message.partition)@\(message.offset): \(error)")
        }
    }

    /// Says what passes, throws what does not.
    private func pass(_ error: KafkaError, _ what: String) throws(KafkaError) {
        guard !error.isFatal else { throw error }
        lines.say("\(what): \(error)")
    }
}
