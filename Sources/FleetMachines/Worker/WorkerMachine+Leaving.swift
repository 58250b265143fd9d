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
        switch phase {
        case .working: leaders.keep(lanes.keys.sorted(), nowMs: now.steadyMs)
        case .idle, .closing, .ended: leaders.rest()
        case .locating: break
        }
        if leaders.away != nil { return stayAway(now) }
        guard phase == .working else { return }
        ask(.images, leaders.images.quiet(sessionMs: settings.sessionMs, nowMs: now.steadyMs), now)
        ask(.answers, leaders.answers.quiet(sessionMs: settings.sessionMs, nowMs: now.steadyMs), now)
        if let unusable = leaders.unusable(
            owned: lanes.count, sessionMs: settings.sessionMs, nowMs: now.steadyMs)
        {
            leave(unusable.images, unusable.answers, now)
        }
    }

    private mutating func ask(_ role: LeaderRole, _ partitions: [Int32], _ now: Moment) {
        guard !partitions.isEmpty else { return }
        let asks =
            role == .images
            ? leaders.images.asks(sessionMs: settings.sessionMs, nowMs: now.steadyMs)
            : leaders.answers.asks(sessionMs: settings.sessionMs, nowMs: now.steadyMs)
        if asks { actions.append(.askLeaders(partitions, role)) }
    }

    private mutating func leave(_ images: [Int32], _ answers: [Int32], _ now: Moment) {
        var offsets: [Int32: Int64] = [:]
        // What waits to be acknowledged this worker can not commit by itself any more.
        for number in images { offsets[number] = lanes[number]?.position }
        for number in answers {
            offsets[number] = lanes[number].map { lane in
                lane.nextOrdinal > lane.committedOrdinals ? lane.position - 1 : lane.position
            }
        }
        let absence = leaders.leave(
            images: images, answers: answers, offsets: offsets, sessionMs: settings.sessionMs,
            nowMs: now.steadyMs)
        let troubles =
            (images.isEmpty ? [] : ["\(Self.named(images)) can not be read here"])
            + (answers.isEmpty
                ? [] : ["predictions and receipts of \(Self.named(answers)) can not be written here"])
        actions.append(
            .say(
                "group: \(troubles.joined(separator: ", ")), the leader has not answered for "
                    + "\(2 * settings.sessionMs / 1_000) s; leaving the group, so that another worker takes it, until the leader "
                    + "answers, or for \(absence.waitMs / 1_000) s in which nobody takes it further"))
        actions.append(.leaveGroup)
    }

    /// Asks whether the leaders answer again, and whether others take the partitions further.
    private mutating func stayAway(_ now: Moment) {
        guard let away = leaders.away else { return }
        ask(.images, away.images, now)
        ask(.answers, away.answers, now)
        guard phase == .idle else { return }
        if now.steadyMs >= away.askAtMs {
            leaders.away?.askAtMs = now.steadyMs + settings.sessionMs
            actions.append(.fetchPositions(away.partitions, generation: generation))
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
