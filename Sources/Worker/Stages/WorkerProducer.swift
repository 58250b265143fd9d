internal import FleetMachines
internal import Kafka
internal import Synchronization
internal import Threads

/// A worker's producer. Under exactly-once it is made anew when the broker has given a transaction up for its age.
///
/// A broker that is slow, or a quota that throttles, may let a transaction outlive its time. The broker then aborts it and
/// raises the producer's epoch, and the client library says that a newer instance has fenced this one, although there is
/// none. What tells the two apart is the transaction's age.
///
/// Use from one thread.
final class WorkerProducer: Sendable {
    private struct State {
        var producer: KafkaProducer
        /// When the open transaction began, by the steady clock.
        var begunMs: Int64?
        /// Whether the name has still to be taken over.
        var isNew = false
    }

    private let kafka: KafkaConfiguration
    private let options: ProducerOptions
    private let state: Mutex<State>
    /// After how long the broker gives a transaction up, milliseconds.
    private let transactionMs: Int64

    /// Connects; with a transactional name it takes over what a predecessor of that name left open.
    ///
    /// - Parameter stop: Ends the waiting for a broker that can not do that now.
    init(_ worker: WorkerOptions, options: ProducerOptions, stop: Signal) throws(KafkaError) {
        kafka = worker.kafka
        self.options = options
        transactionMs = kafka.value(of: "transaction.timeout.ms").flatMap { Int64($0) } ?? 20_000
        let producer = try KafkaProducer(kafka, options: options)
        state = Mutex(State(producer: producer))
        guard let name = options.transactionalID else { return }
        try worker.patience.until(stop).wait(for: "the coordinator of transactional id \(name)") {
            timeoutMs throws(KafkaError) in
            try producer.initTransactions(timeoutMs: timeoutMs)
        }
    }

    /// The producer of now.
    var current: KafkaProducer { state.withLock { $0.producer } }

    /// Opens a transaction.
    func begin() throws(KafkaError) {
        let (producer, isNew) = state.withLock { ($0.producer, $0.isNew) }
        if isNew {
            try producer.initTransactions(timeoutMs: 10_000)
            state.withLock { $0.isNew = false }
        }
        try producer.beginTransaction()
        state.withLock { $0.begunMs = Clock.steadyMs }
    }

    /// Commits the transaction.
    func commit() throws(KafkaError) {
        try current.commitTransaction(timeoutMs: 60_000)
        state.withLock { $0.begunMs = nil }
    }

    /// Aborts the transaction, unless the broker has done it.
    func abort() throws(KafkaError) {
        guard state.withLock({ $0.begunMs != nil }) else { return }
        do throws(KafkaError) {
            try current.abortTransaction(timeoutMs: 60_000)
        } catch {
            guard try isGivenUp(error) else { throw error }
        }
        state.withLock { $0.begunMs = nil }
    }

    /// What a failure means: of a transaction that is older than it may be only that its records are to be read again.
    func failure(_ error: KafkaError) -> CallFailure {
        do throws(KafkaError) {
            guard try isGivenUp(error) else { return CallFailure(error) }
        } catch {
            return CallFailure(error)
        }
        return CallFailure(
            .abortable,
            "the broker gave a transaction up that took longer than \(transactionMs) ms (transaction.timeout.ms): it is slow, "
                + "or throttles; the records are read again, fewer at once")
    }

    /// Whether an error means that the broker has given the open transaction up; then the producer is a new one.
    private func isGivenUp(_ error: KafkaError) throws(KafkaError) -> Bool {
        guard error.isFencing, let begunMs = state.withLock({ $0.begunMs }),
            Clock.steadyMs - begunMs >= transactionMs
        else { return false }
        let producer = try KafkaProducer(kafka, options: options)
        state.withLock { $0 = State(producer: producer, isNew: true) }
        return true
    }
}

extension KafkaError {
    /// Whether the broker takes this producer for an old one.
    fileprivate var isFencing: Bool {
        switch code {
        case Code.fenced, Code.producerFenced, Code.invalidProducerEpoch, Code.fatal: true
        default: false
        }
    }
}
