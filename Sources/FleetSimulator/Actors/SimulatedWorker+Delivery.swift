internal import FleetMachines

/// The client library's way of delivering records: in order, again while nobody answers, and not for ever.
extension SimulatedWorker {
    /// Records on their way.
    struct Way {
        let flight: UInt64
        let records: Int
        /// The partition whose answers they are.
        let partition: Int32
        /// The life that sent them, and whether they arrive without it.
        let life: Int
        let survives: Bool
        /// Whether something goes wrong, and whether they are in the log all the same.
        let isLost: Bool
        let isApplied: Bool
        let transaction: SimulatedBroker.Transaction?
        /// When the client library gives them up.
        let giveUpMs: Int64
        let append: () -> Void
    }

    /// After how long the client library gives records up, milliseconds; before the broker gives a transaction up.
    private static let messageTimeoutMs: Int64 = 1_000
    /// How long the client library waits before it sends again what does not get through, milliseconds.
    private static let resendMs: Int64 = 50

    /// What is on its way arrives in order, even if the process dies meanwhile, or not at all; the answer may be lost.
    func send(_ flight: UInt64, _ records: Int, of partition: Int32, _ append: @escaping () -> Void) {
        let longestMs: Int64 = world.fails(80) ? 600 : 6
        appendedAtMs = max(appendedAtMs, world.nowMs + world.random.within(0...longestMs))
        let isLost = world.fails(50)
        // Answers of a topic that is no more do not come into the next one.
        let isReplaced = world.isReplaced
        let append = { [world] in if world.isReplaced == isReplaced { append() } }
        arrive(
            Way(
                flight: flight, records: records, partition: partition, life: life,
                survives: world.random.oneIn(2), isLost: isLost,
                isApplied: !isLost || world.random.oneIn(2), transaction: transaction,
                giveUpMs: appendedAtMs + Self.messageTimeoutMs, append: append), atMs: appendedAtMs)
    }

    private func arrive(_ way: Way, atMs: Int64) {
        world.after(atMs - world.nowMs) { [self] in
            guard life == way.life || way.survives else { return }
            if life == way.life, isCutOff {
                // A link may be mended before its time. What is sent later does not overtake it.
                let againMs = world.nowMs + min(cutLeftMs, Self.resendMs)
                appendedAtMs = max(appendedAtMs, againMs)
                return againMs < way.giveUpMs ? arrive(way, atMs: againMs) : giveUp(way)
            }
            let muteMs = muteLeftMs(way.partition)
            if life == way.life, muteMs > 0 {
                // Those of other partitions pass by.
                let againMs = world.nowMs + muteMs
                return againMs < way.giveUpMs ? arrive(way, atMs: againMs) : giveUp(way)
            }
            if way.isApplied, way.transaction == nil || way.transaction?.state == .open { way.append() }
            guard life == way.life, isAlive else { return }
            after(world.random.within(0...25)) { [self] in answer(way) }
        }
    }

    /// An answer that does not get through is asked for again; what was given up meanwhile is in the log all the same.
    private func answer(_ way: Way) {
        let leftMs = max(cutLeftMs, muteLeftMs(way.partition))
        if leftMs > 0 {
            return world.nowMs + leftMs < way.giveUpMs
                ? after(leftMs) { [self] in answer(way) } : giveUp(way)
        }
        guard way.isLost else { return tell(.delivered(flight: way.flight, records: way.records)) }
        world.report.lostCalls += 1
        tell(.deliveryFailed(world.failure("timed out"), flight: way.flight))
    }

    private func giveUp(_ way: Way) {
        after(way.giveUpMs - world.nowMs) { [self] in
            world.report.lostCalls += 1
            tell(.deliveryFailed(CallFailure(.retriable, "timed out"), flight: way.flight))
        }
    }
}
