internal import Kafka
internal import Synchronization
internal import Threads

/// Leaving nodes that take calls and records and end none.
extension WorkerProducer {
    /// How long a call of a transaction is waited for at once, and how long taking a name over, milliseconds: both are made again.
    static var callMs: Int32 { 10_000 }
    static var takeOverMs: Int32 { 5_000 }
    /// Without any acknowledgement for so long, of all or of one partition, the leaders are asked for at another node, milliseconds.
    private static var silentMs: Int64 { 12_000 }

    /// Makes a call of a transaction; gives the producer up when none was answered for as long as a transaction may take.
    func answered(_ what: String, _ body: () throws(KafkaError) -> Void) throws(KafkaError) {
        let beganMs = past.withLock { past in
            past.unansweredMs = past.unansweredMs ?? Clock.steadyMs
            return past.unansweredMs ?? 0
        }
        do throws(KafkaError) {
            try body()
            past.withLock { $0.unansweredMs = nil }
        } catch {
            guard error.isRetriable else {
                past.withLock { $0.unansweredMs = nil }
                throw error
            }
            let silentMs = Clock.steadyMs - beganMs
            guard silentMs >= max(Int64(Self.callMs), transactionMs), moveOn(after: error) else {
                throw error
            }
            throw KafkaError(
                code: error.code,
                doing:
                    "the node that keeps the transaction has not answered for \(silentMs / 1_000) s, \(what)",
                detail: "another one is asked who keeps it: \(error)", isRetriable: false, requiresAbort: true
            )
        }
    }

    /// Goes on with a producer that asks the next node first who leads, and who keeps its transactions; returns whether there is one.
    @discardableResult func moveOn(after error: KafkaError) -> Bool {
        let known = past.withLock { past -> NodeTurns? in
            // Asking for the nodes takes its time: not for each record that is given up.
            guard Clock.steadyMs >= past.moveAtMs else { return nil }
            past.moveAtMs = Clock.steadyMs + Int64(Self.takeOverMs)
            (past.unansweredMs, past.unacknowledgedMs) = (nil, nil)
            return past.turns
        }
        guard var turns = known, let asking = turns.next(kafka) else { return false }
        past.withLock { [turns] in $0.turns = turns }
        return renew(after: error, isStuck: true, asking: asking)
    }

    /// Takes note of deliveries; goes on with another producer when none was acknowledged for long, or one was given up.
    ///
    /// - Parameter partitionMs: For how long nothing was acknowledged of one partition.
    /// - Returns: Whether that was too long.
    func watch(_ deliveries: [Delivery], hasFlights: Bool, partitionMs: Int64) -> Bool {
        let allMs = past.withLock { past in
            let isWaiting = hasFlights && !deliveries.contains { $0.error == nil }
            past.unacknowledgedMs = isWaiting ? past.unacknowledgedMs ?? Clock.steadyMs : nil
            return past.unacknowledgedMs.map { Clock.steadyMs - $0 } ?? 0
        }
        let silentMs = max(allMs, partitionMs)
        let givenUp = deliveries.lazy.compactMap(\.error).first { $0.code == KafkaError.Code.messageTimedOut }
        guard givenUp != nil || silentMs >= Self.silentMs else { return false }
        moveOn(
            after: givenUp
                ?? KafkaError(
                    code: KafkaError.Code.timedOut,
                    doing:
                        "nothing was acknowledged\(allMs < silentMs ? " of one partition" : "") for \(silentMs / 1_000) s, and "
                        + "another node is asked for the leaders"
                ))
        return silentMs >= Self.silentMs
    }

    /// Whether the producer was made anew and the name has still to be taken over.
    var hasMoved: Bool { state.withLock { $0.isNew } }
}
