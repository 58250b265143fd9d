internal import Cutover
internal import PipelineMessages

/// Cut-overs, one at a time: decide, announce, write what is missing, read it back, say where it is.
extension CoordinatorMachine {
    mutating func learned(_ record: CutoverRecord, at offset: Int64) {
        guard term != nil else { return }
        let isNews = term?.log.apply(record, at: offset) ?? false
        if let pending = term?.pending, pending.record.request == record.request {
            // Whoever's record it is: the log has moved, or says why it does not.
            term?.pending = nil
        }
        guard isNews else { return }
        if record.state == .committed { return sayCommitted(record) }
        guard term?.hasControl == true else { return }
        switch record.state {
        case .requested where record.restates != nil:
            say(
                "partitions \(record.partitions ?? []) were added: \(record.label) requested for \(record.slot)"
            )
        case .requested: say("cut-over to \(record.label) requested for \(record.slot)")
        case .committing: say("cut-over to \(record.label): the workers are ready\(age(record))")
        case .committed: break
        case .aborted:
            say("cut-over to \(record.label) aborted: \((record.reasons ?? []).joined(separator: "; "))")
        }
    }

    /// Said by whoever wrote it, in whatever term it is read back: once, although another may still believe to lead.
    private mutating func sayCommitted(_ record: CutoverRecord) {
        guard let own = unsaid, own.request == record.request, own.updatedAtMs == record.updatedAtMs,
            own.offsets == record.offsets
        else { return }
        unsaid = nil
        let place = record.partitions.map { "partitions \($0)" } ?? "every partition"
        say("cut-over to \(record.label) committed in \(place)\(age(record))")
    }

    private mutating func say(_ line: String) { actions.append(.say(line)) }

    private func age(_ record: CutoverRecord) -> String {
        ", \(max(0, record.updatedAtMs - record.requestedAtMs)) ms after the request"
    }

    /// Does the next thing, if it is time for one.
    mutating func decide(_ now: Moment) {
        switch term?.next(now) {
        case nil: break
        case .wait: extend(now)
        case .decide(let record): decided(record, now)
        case .completeMarkers(let record): complete(record, now)
        }
    }

    private mutating func decided(_ record: CutoverRecord, _ now: Moment) {
        guard record.state == .committing else { return write(record, now) }
        actions.append(.findEnds(errand: begin(record)))
    }

    private mutating func begin(_ record: CutoverRecord) -> Int {
        errands += 1
        term?.errand = (errands, record)
        return errands
    }

    /// The announcement: from here on markers with its token may exist, and none lies below these ends.
    mutating func announced(_ ends: [PartitionOffset], _ token: String, _ errand: Int, _ now: Moment) {
        guard var record = finish(errand) else { return }
        // Then the request is looked at anew, with all partitions.
        if counted(ends.count, now) { return }
        if term?.log.cutovers[record.request]?.state == .committing { return completeKnown(record, now) }
        let known = Dictionary(ends.map { ($0.partition, $0) }) { first, _ in first }
        let wanted = record.partitions ?? settings.partitions
        if let unknown = wanted.first(where: { !settings.partitions.contains($0) }) {
            record.state = .aborted
            record.reasons = [
                "partition \(unknown) is not one of the \(settings.partitions.count) of the shard topic"
            ]
            return write(record, now)
        }
        record.scanFrom = wanted.compactMap { known[$0] }
        guard record.scanFrom?.count == wanted.count else {
            return delay("the broker knows \(ends.count) of \(settings.partitions.count) partitions", now)
        }
        record.token = token
        write(record, now)
    }

    mutating func write(_ record: CutoverRecord, _ now: Moment) {
        term?.pending = (record, now.steadyMs + settings.readBackMs)
        term?.writtenAtMs = nil
        actions.append(.write(record, errand: begin(record)))
    }

    /// Looks for the markers. Of partitions that are not known here it is asked first whether they were added.
    private mutating func complete(_ record: CutoverRecord, _ now: Moment) {
        guard unknown(record).isEmpty else {
            if term?.unknown?.request != record.request { term?.unknown = (record.request, now.steadyMs) }
            actions.append(.findEnds(errand: begin(record)))
            return
        }
        actions.append(.findMarkers(record, errand: begin(record)))
    }

    private func unknown(_ record: CutoverRecord) -> [Int32] {
        (record.scanFrom ?? []).map(\.partition).filter { !settings.partitions.contains($0) }
    }

    /// A marker that nobody can write would hold up all later cut-overs; but whoever was asked may be behind.
    private mutating func completeKnown(_ announced: CutoverRecord, _ now: Moment) {
        guard let since = term?.unknown, since.request == announced.request,
            now.steadyMs - since.sinceMs >= settings.unknownMs
        else {
            term?.retryAtMs = now.steadyMs + settings.retryMs
            return
        }
        var record = announced
        let unknown = unknown(record)
        say("cut-over to \(record.label): no partitions \(unknown); they are left out")
        record.scanFrom?.removeAll { unknown.contains($0.partition) }
        actions.append(.findMarkers(record, errand: begin(record)))
    }

    mutating func searched(_ found: [PartitionOffset], _ errand: Int, _ now: Moment) {
        guard var record = finish(errand) else { return }
        let missing = (record.scanFrom ?? []).map(\.partition).filter { partition in
            !found.contains { $0.partition == partition }
        }
        guard missing.isEmpty else {
            actions.append(.writeMarkers(record, missing, errand: begin(record)))
            return
        }
        record.offsets = found.sorted { $0.partition < $1.partition }
        record.state = .committed
        record.updatedAtMs = now.wallMs
        unsaid = record
        write(record, now)
    }

    /// Something is written; the log, or the next search, shows what follows.
    mutating func done(_ errand: Int, _ now: Moment) {
        guard let written = finish(errand) else { return endRecovery(errand) }
        // Markers wait for no answer, nor does what a term before has written.
        if term?.pending?.record == written, term?.writtenAtMs == nil { term?.writtenAtMs = now.steadyMs }
    }

    private mutating func finish(_ errand: Int) -> CutoverRecord? {
        guard let current = term?.errand, current.serial == errand else { return nil }
        term?.errand = nil
        return current.record
    }

    mutating func failed(_ failure: CallFailure, _ errand: Int, _ now: Moment) {
        guard finish(errand) != nil else { return recoveryFailed(failure, errand, now) }
        guard failure.kind != .fatal else {
            actions.append(.failed("\(failure)"))
            return
        }
        delay("\(failure)", now)
    }

    /// Every step can be repeated: the log says how far the cut-over is.
    private mutating func delay(_ reason: String, _ now: Moment) {
        say("cut-over is delayed: \(reason)")
        term?.pending = nil
        term?.retryAtMs = now.steadyMs + settings.retryMs
    }
}

extension CoordinatorMachine.Term {
    /// What comes next; `nil` while something is under way.
    fileprivate mutating func next(_ now: Moment) -> RolloutStateMachine.Action? {
        guard hasControl, hasStatus, errand == nil, now.steadyMs >= retryAtMs else { return nil }
        if let pending {
            guard now.steadyMs >= pending.untilMs else { return nil }
            self.pending = nil
        }
        return fleet.next(log, now: now.steadyMs, wallMs: now.wallMs)
    }
}
