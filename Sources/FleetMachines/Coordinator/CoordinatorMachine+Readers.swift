internal import PipelineMessages

/// Readers that are silently stuck: everything is read anew, by new clients.
extension CoordinatorMachine {
    mutating func watchReaders(_ now: Moment) {
        guard term != nil else { return }
        let stuckMs = settings.stuckMs
        if term?.controlReader.isStuck(forMs: stuckMs, nowMs: now.steadyMs) ?? false {
            let (read, end) = (term?.controlReader.readBelow ?? 0, term?.controlReader.end ?? 0)
            return reopen("the control topic was read below \(read) and ends at \(end)", stuckMs, now)
        }
        // Whoever pushes a head waits for heartbeats as well: before they count as old, or soon after.
        let forMs = max(settings.livenessMs, 2 * stuckMs)
        if term?.statusReader.isStuck(forMs: forMs, nowMs: now.steadyMs) ?? false {
            return reopen("no heartbeat comes, and our own are in the status topic", forMs, now)
        }
        // Without the last ledger no heartbeat of our own is written that could come back. More and more rarely: each time everything
        // else is begun anew, too.
        let unreadMs = settings.catchUpMs << Int64(min(statusReopens, 5) + 1)
        if term?.ledger == nil, let heardMs = term?.statusHeardMs ?? term?.sinceMs,
            now.steadyMs - heardMs >= unreadMs
        {
            statusReopens += 1
            return reopen("nothing comes of the status topic, which was not read to its end", unreadMs, now)
        }
        guard let written = term?.writtenAtMs, term?.pending != nil, now.steadyMs - written >= stuckMs else {
            return
        }
        reopen("a decision is in the control topic and is not read back", stuckMs, now)
    }

    private mutating func reopen(_ what: String, _ forMs: Int64, _ now: Moment) {
        actions.append(
            .say(
                "readers: \(what), for \(forMs / 1_000) s: the node that answers may be cut off from its peers; all is read "
                    + "anew over new connections"))
        begin(now)
    }
}
