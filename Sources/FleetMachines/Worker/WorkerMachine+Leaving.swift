internal import PipelineMessages

/// Leaving the group for partitions that this worker can not read, or whose answers it can not write, so that another takes them.
extension WorkerMachine {
    mutating func learned(
        _ role: LeaderRole, _ answered: [Int32], silent: [Int32], of partitions: Int, _ now: Moment
    ) {
        leaders.learn(
            role, answered: answered, silent: silent, partitions: partitions, nowMs: now.steadyMs)
        if leaders.away?.isHeardAgain ?? false { comeBack(now) }
    }

    mutating func watchLeaders(_ now: Moment) {
        guard settings.sessionMs > 0, ending == nil else { return }
        if phase == .working, leaders.away == nil, !leaders.isDue(generation, nowMs: now.steadyMs) { return }
        switch phase {
        case .working: leaders.keep(lanes.keys.sorted(), settings, nowMs: now.steadyMs)
        case .idle, .closing, .ended: leaders.rest()
        case .locating: break
        }
        if leaders.away != nil { return stayAway(now) }
        guard phase == .working else { return }
        ask(.images, leaders.quiet(.images, settings, nowMs: now.steadyMs), now)
        ask(.answers, leaders.quiet(.answers, settings, nowMs: now.steadyMs), now)
        if let trouble = leaders.trouble(owned: lanes.count, settings, nowMs: now.steadyMs) {
            leave(trouble, now)
        }
    }

    private mutating func ask(_ role: LeaderRole, _ partitions: [Int32], _ now: Moment) {
        guard !partitions.isEmpty, leaders.asks(role, settings, nowMs: now.steadyMs) else { return }
        actions.append(.askLeaders(partitions, role))
    }

    private mutating func leave(_ trouble: LeaderTrouble, _ now: Moment) {
        var offsets: [Int32: Int64] = [:]
        for number in trouble.images { offsets[number] = lanes[number]?.position }
        // Without transactions nothing is committed of any partition.
        for number in trouble.transactions.isEmpty ? trouble.answers : Array(lanes.keys) {
            offsets[number] = lanes[number]?.offsetOfOthers
        }
        let absence = leaders.leave(
            trouble, offsets: offsets, sessionMs: settings.sessionMs, nowMs: now.steadyMs)
        actions.append(
            .say(
                "group: \(words(trouble)); leaving the group, so that another worker takes it, until the leader answers, "
                    + "or for \(absence.waitMs / 1_000) s in which nobody takes it further"))
        actions.append(.leaveGroup)
    }

    private func words(_ trouble: LeaderTrouble) -> String {
        func silence(_ role: LeaderRole) -> String {
            "the leader has not answered for \(settings.patienceMs(role) / 1_000) s"
        }
        var words: [String] = []
        if !trouble.images.isEmpty {
            words.append("\(Self.named(trouble.images)) can not be read here, \(silence(.images))")
        }
        if !trouble.answers.isEmpty {
            words.append(
                "predictions and receipts of \(Self.named(trouble.answers)) can not be written here, "
                    + silence(.answers))
        }
        if !trouble.transactions.isEmpty {
            words.append(
                "transactions are not answered here, perhaps by the leader of predictions and receipts of "
                    + "\(Self.named(trouble.transactions)), which has not answered for "
                    + "\(settings.patienceMs(.answers) / 1_000) s")
        }
        return words.joined(separator: "; ")
    }

    /// Asks whether the leaders answer again, and whether others take the partitions further.
    private mutating func stayAway(_ now: Moment) {
        guard let away = leaders.away else { return }
        ask(.images, away.images, now)
        ask(.answers, away.answers, now)
        guard phase == .idle else { return }
        if now.steadyMs >= away.askAtMs {
            leaders.away?.askAtMs = now.steadyMs + settings.sessionMs
            actions.append(.fetchPositions(away.watched, generation: generation))
        }
        if away.isOver(nowMs: now.steadyMs) { comeBack(now) }
    }

    private mutating func comeBack(_ now: Moment) {
        guard let absence = leaders.comeBack(sessionMs: settings.sessionMs, nowMs: now.steadyMs) else {
            return
        }
        var why = "its leader answers again"
        if !absence.isHeardAgain {
            why = "its leader is still silent here"
            if !absence.isTaken { why += ", and no other worker took it further" }
        }
        actions.append(.say("group: \(Self.named(absence.partitions)): \(why); joining again"))
        control.missed = .unread
        actions.append(.joinGroup)
    }

    /// Whether the transaction may be left behind, to be aborted when the broker or its leaders can be reached: others need the
    /// partitions now. What it holds of the group's offsets counts only if the group took it before this member left, and then
    /// whoever asks where to start is told to wait until it has ended.
    var isTransactionLeft: Bool {
        leaders.away != nil && ending == nil && lanes.isEmpty && publishing.isTransactionAlone
    }

    private static func named(_ partitions: [Int32]) -> String {
        let first = partitions.prefix(8).map { "\($0)" }.joined(separator: ", ")
        let more = partitions.count > 8 ? " and \(partitions.count - 8) more" : ""
        return "\(partitions.count == 1 ? "partition" : "partitions") \(first)\(more)"
    }
}

extension WorkerSettings {
    /// For how long a leader is silent before the group is left for it, milliseconds.
    func patienceMs(_ role: LeaderRole) -> Int64 {
        switch role {
        case .images: 2 * sessionMs
        case .answers: answerMs
        }
    }
}

extension WorkerLane {
    /// What the group has committed above this is not this worker's, once the leader of what it has published is silent: what waits to be
    /// acknowledged it does not commit.
    fileprivate var offsetOfOthers: Int64 { nextOrdinal > committedOrdinals ? position - 1 : position }
}
