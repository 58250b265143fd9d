internal import FleetMachines
internal import Kafka
internal import Synchronization
internal import Threads

/// A worker's producer, made anew when an interruption has made it useless: a worker ends for no interruption.
///
/// Two things do that. A node that was cut off loses count of what was sent to it, or the library does: then a new producer sends
/// what is not known to be delivered once more. And a transaction outlives its time, because the network was away, the broker is
/// slow, or a quota throttles: the broker then aborts it and raises the producer's epoch, and the library says that a newer
/// instance has fenced this one, although there is none. What tells the two apart is for how long the broker has confirmed no
/// transaction; and where it has, a name that is taken back and lost again within ``rivalMs`` is another worker's.
///
/// The node that keeps the transactions may be cut off from its peers: it takes every call, and can end none. The library goes on
/// asking it. So a call that is not answered in the time of a transaction ends with a new producer that asks another node first
/// where its transactions are kept; taking the name over aborts what was open, or tells that it was committed.
///
/// Use from one thread.
final class WorkerProducer: Sendable {
    struct State {
        var producer: KafkaProducer
        /// Whether a transaction is open here.
        var isOpen = false
        /// Whether the name has still to be taken over.
        var isNew = false
    }

    /// What outlives a producer, by the steady clock.
    struct Past {
        /// When the first transaction began since the broker has confirmed one.
        var unconfirmedMs: Int64?
        /// Why the producer was made anew, until that is told.
        var renewal: KafkaError?
        /// When the name was taken back from somebody who may have been another worker.
        var takenBackMs: Int64?
        /// When the first call was made since the node that keeps the transactions has answered one.
        var unansweredMs: Int64?
        /// Since when records are on their way and none was acknowledged.
        var unacknowledgedMs: Int64?
        /// Who was asked first, and when another one may be.
        var turns = NodeTurns()
        var moveAtMs: Int64 = 0
    }

    /// A name that is lost twice within so long is another worker's, milliseconds.
    private static let rivalMs: Int64 = 60_000

    let kafka: KafkaConfiguration
    private let options: ProducerOptions
    let state: Mutex<State>
    let past = Mutex(Past())
    /// After how long the broker gives a transaction up, milliseconds.
    let transactionMs: Int64

    /// Connects; with a transactional name it takes over what a predecessor of that name left open.
    ///
    /// - Parameter stop: Ends the waiting for a broker that can not do that now.
    init(_ worker: WorkerOptions, options: ProducerOptions, stop: Signal) throws(KafkaError) {
        kafka = worker.kafka
        var options = options
        options.isRenewable = true
        self.options = options
        transactionMs =
            kafka.value(of: "transaction.timeout.ms").flatMap { Int64($0) }
            ?? Int64(ProducerOptions.transactionTimeoutMsUsual)
        state = Mutex(State(producer: try KafkaProducer(kafka, options: options), isNew: true))
        guard let name = options.transactionalID else { return }
        try worker.patience.until(stop).wait(for: "the coordinator of transactional id \(name)") {
            _ throws(KafkaError) in
            try takeOver()
        }
    }

    /// The producer of now.
    var current: KafkaProducer { state.withLock { $0.producer } }

    /// Opens a transaction.
    func begin() throws(KafkaError) {
        try takeOver()
        do throws(KafkaError) {
            try current.beginTransaction()
        } catch {
            // The next one begins with a producer that can.
            if !error.isRetriable { _ = renew(after: error, isStuck: true) }
            throw error
        }
        state.withLock { $0.isOpen = true }
        past.withLock { $0.unconfirmedMs = $0.unconfirmedMs ?? Clock.steadyMs }
    }

    /// Makes the commit of offsets part of the transaction.
    func sendOffsets(_ offsets: [OffsetCommit], group: ConsumerGroupMetadata) throws(KafkaError) {
        try answered("its offsets were not added") { () throws(KafkaError) in
            try current.sendOffsets(offsets, group: group, timeoutMs: Self.callMs)
        }
    }

    /// Commits the transaction.
    func commit() throws(KafkaError) {
        try answered("it was not ended") { () throws(KafkaError) in
            try current.commitTransaction(timeoutMs: Self.callMs)
        }
        state.withLock { $0.isOpen = false }
        past.withLock { $0.unconfirmedMs = nil }
    }

    /// Aborts the transaction. A producer that can not is replaced: who takes the name over aborts what is open.
    func abort() throws(KafkaError) {
        if state.withLock({ $0.isOpen }) {
            do throws(KafkaError) {
                try answered("it was not ended") { () throws(KafkaError) in
                    try current.abortTransaction(timeoutMs: Self.callMs)
                }
            } catch {
                // A call that was never ended would be in the way for ever.
                let isAgain = error.isRetriable && error.code != KafkaError.Code.conflict
                guard hasMoved || !isAgain && renew(after: error, isStuck: true) else { throw error }
            }
            state.withLock { $0.isOpen = false }
        }
        try takeOver()
    }

    /// What a failure means, of a call or of a delivery: where the producer was made anew, that records are to be done again.
    func failure(_ error: KafkaError) -> CallFailure {
        let failure = CallFailure(error)
        guard failure.kind == .fatal, renew(after: error) else { return failure }
        let what =
            error.isFencing || error.code == KafkaError.Code.fatal
            ? "the broker gave a transaction up that took longer than \(transactionMs) ms (transaction.timeout.ms): it was out of "
                + "reach, is slow, or throttles; the records are read again, fewer at once"
            : "an interruption left the producer useless, and it is made anew; the records are read again"
        return CallFailure(options.transactionalID == nil ? .retriable : .abortable, "\(what): \(error)")
    }

    /// Why the producer was made anew since this was asked last: what was on its way is lost with the one before.
    func takeRenewal() -> CallFailure? {
        let reason = past.withLock { past in
            defer { past.renewal = nil }
            return past.renewal
        }
        return reason.map {
            CallFailure(
                options.transactionalID == nil ? .retriable : .abortable,
                "the producer is made anew after an interruption: \($0)")
        }
    }

    // MARK: Making it anew

    /// Takes the name over, where that is still to be done: what was open under it is aborted.
    private func takeOver() throws(KafkaError) {
        let (producer, isNew) = state.withLock { ($0.producer, $0.isNew) }
        guard isNew, options.transactionalID != nil else { return }
        do throws(KafkaError) {
            try producer.initTransactions(timeoutMs: Self.takeOverMs)
        } catch {
            // Also where it says that something is still being ended: a node that is cut off can end nothing.
            if error.isRetriable { moveOn(after: error) }
            throw error
        }
        state.withLock { $0.isNew = false }
        past.withLock { ($0.unconfirmedMs, $0.unansweredMs) = (nil, nil) }
    }

    /// Makes a new producer where that helps.
    ///
    /// - Parameters:
    ///   - isStuck: Whether the present one can not go on although it does not say so.
    ///   - kafka: The configuration with the node that is asked first; `nil` for that of the worker.
    /// - Returns: whether what failed is to be done again.
    func renew(
        after error: KafkaError, isStuck: Bool = false, asking kafka: KafkaConfiguration? = nil
    ) -> Bool {
        guard !error.isPermanent else { return false }
        let reason = current.fatalError
        // What the one before had on its way fails one by one.
        guard reason != nil || isStuck else { return true }
        if let reason, reason.isPermanent { return false }
        if error.isFencing || reason?.isFencing ?? false, !mayTakeBack() { return false }
        guard let producer = try? KafkaProducer(kafka ?? self.kafka, options: options) else { return false }
        let old = state.withLock { state in
            defer { state = State(producer: producer, isNew: true) }
            return state.producer
        }
        // Ended here, outside of the lock.
        _ = old
        past.withLock { $0.renewal = reason ?? error }
        return true
    }

    /// Whether the name is taken back from whoever has it: nobody, after an interruption.
    private func mayTakeBack() -> Bool {
        past.withLock { past in
            let now = Clock.steadyMs
            if let since = past.unconfirmedMs, now - since >= transactionMs { return true }
            if let takenBackMs = past.takenBackMs, now - takenBackMs < Self.rivalMs { return false }
            past.takenBackMs = now
            return true
        }
    }
}
