internal import PipelineMessages

/// Exactly once: records and offsets of the lanes of one assignment become visible together, or not at all.
extension WorkerMachine {
    mutating func transact(_ now: Moment) {
        if let retryAtMs = publishing.retryAtMs {
            guard now.steadyMs >= retryAtMs else { return }
            publishing.retryAtMs = nil
            if case .calling(let call) = publishing.transaction { return perform(call) }
        }
        switch publishing.transaction {
        case .calling: return
        case .none:
            // A move is committed even if nothing is to be published.
            let isMoved = !publishing.frontiers.isEmpty
            guard isTimeToCommit(now), isMoved || hasReleasable() else { return }
            publishing.transactionGeneration = generation
            publishing.mustAbort = false
            leaders.waitForTransaction(nowMs: now.steadyMs)
            perform(.begin)
        case .open:
            if publishing.mustAbort { return perform(.abort) }
            guard publishing.flights.isEmpty else { return }
            collectFrontiers()
            if !publishing.frontiers.isEmpty { leaders.waitForTransaction(nowMs: now.steadyMs) }
            perform(publishing.frontiers.isEmpty ? .abort : .sendOffsets)
        }
    }

    private func hasReleasable() -> Bool {
        publishing.ripe.contains { lanes[$0]?.sequencer.hasReleasable == true }
    }

    /// Begins a call, or makes it again.
    private mutating func perform(_ call: TransactionCall) {
        publishing.transaction = .calling(call)
        switch call {
        case .begin: actions.append(.beginTransaction)
        case .sendOffsets:
            actions.append(.sendOffsets(commits, generation: publishing.transactionGeneration))
        case .commit: actions.append(.commitTransaction)
        case .abort: actions.append(.abortTransaction)
        }
    }

    mutating func abortIfOpen() {
        if publishing.hasOpenTransaction { perform(.abort) }
    }

    mutating func transactionEnded(_ call: TransactionCall, _ failure: CallFailure?, _ now: Moment) {
        guard publishing.transaction == .calling(call) else { return }
        if let failure { return transactionFailed(call, failure, now) }
        switch call {
        case .begin:
            publishing.transaction = .open
            if !publishing.mustAbort { release(most: publishing.publishedMax, now) }
        case .sendOffsets:
            leaders.transactionHeard()
            if !publishing.mustAbort { leaders.waitForTransaction(nowMs: now.steadyMs) }
            perform(publishing.mustAbort ? .abort : .commit)
        case .commit:
            leaders.transactionHeard()
            publishing.transaction = .none
            noteCommitted(publishing.frontiers, generation: publishing.transactionGeneration, now)
            // Those of later lanes are still to be committed.
            if publishing.transactionGeneration == generation { publishing.frontiers = [:] }
            publishing.publishedMax =
                publishing.publishedMax > settings.heldMax ? .max : 2 * publishing.publishedMax
        case .abort:
            publishing.transaction = .none
            publishing.lastCommitMs = now.steadyMs
            publishing.publishedMax = max(1, publishing.published / 2)
            // Its records were never visible: their lanes read them again.
            if publishing.transactionGeneration == generation { rewind() }
        }
    }

    private mutating func transactionFailed(_ call: TransactionCall, _ failure: CallFailure, _ now: Moment) {
        guard failure.kind != .fatal else { return fail("broker: \(failure)") }
        actions.append(.say("publishing was interrupted and goes on: \(failure)"))
        if failure.kind == .retriable || call == .abort {
            // An abort is made again until it is known to have happened: nothing may be read before.
            publishing.retryAtMs = now.steadyMs + settings.retryMs
        } else {
            publishing.mustAbort = true
            perform(.abort)
        }
    }
}
