/// Sees that a partition's leader answers everybody but this worker. Pure.
///
/// What is asked is where the partition ends, over the client that reads it: a partition that merely rests answers as well.
struct LeaderWatch: Sendable {
    /// Asked so often in vain, a leader is silent, and not merely not asked yet: the process may have slept.
    static let silencesMin = 4
    /// It is not left for the same partition again for so many session times: nobody may be able to read it. Not so if
    /// somebody was.
    private static let pauseTimes: Int64 = 30

    /// Partitions of the shard topic, as far as the cluster says.
    private(set) var partitions = 0
    /// When it is asked next.
    var askAtMs: Int64 = 0
    /// When something was heard of each partition that is read, and how often its leader was asked in vain since.
    private var owned: [Int32: (heardMs: Int64, silences: Int)] = [:]
    /// When the group was left for a partition, and where it stood then.
    private var left: [Int32: (atMs: Int64, position: Int64)] = [:]
    /// Partitions that another read on while this worker was away for them.
    private var readable: Set<Int32> = []
    /// Partitions that the group was left for, until when at most.
    private(set) var away: (partitions: [Int32], untilMs: Int64)?

    /// Takes an answer: partitions whose leader answered, and those of which the cluster names one that did not.
    mutating func learn(answered: [Int32], silent: [Int32], partitions: Int, nowMs: Int64) {
        if partitions > 0 { self.partitions = partitions }
        for partition in answered { heard(partition, nowMs: nowMs) }
        for partition in silent { owned[partition]?.silences += 1 }
    }

    /// Something of a partition was read.
    mutating func heard(_ partition: Int32, nowMs: Int64) {
        if owned[partition] != nil { owned[partition] = (nowMs, 0) }
    }

    /// These partitions are read, each from its position on; of a new one everything is still to be heard.
    mutating func keep(_ partitions: [Int32], position: (Int32) -> Int64, nowMs: Int64) {
        guard owned.count != partitions.count || !partitions.allSatisfy({ owned[$0] != nil }) else { return }
        for partition in partitions where owned[partition] == nil {
            if let left = left[partition], left.position < position(partition) { readable.insert(partition) }
        }
        let known = owned
        owned = Dictionary(uniqueKeysWithValues: partitions.map { ($0, known[$0] ?? (nowMs, 0)) })
    }

    /// Nothing is read any more.
    mutating func rest() { owned = [:] }

    /// Partitions of which nothing was heard for half a session.
    func quiet(sessionMs: Int64, nowMs: Int64) -> [Int32] {
        owned.filter { nowMs - $0.value.heardMs >= sessionMs / 2 }.keys.sorted()
    }

    /// Partitions that another has to read, if the group is better off without this worker.
    func unreadable(sessionMs: Int64, nowMs: Int64) -> [Int32] {
        let unread = owned.filter {
            $0.value.silences >= Self.silencesMin && nowMs - $0.value.heardMs >= 2 * sessionMs
        }.keys.sorted()
        let leaving = unread.filter {
            readable.contains($0) || nowMs - (left[$0]?.atMs ?? .min / 2) >= Self.pauseTimes * sessionMs
        }
        // Who has everything may be alone: the others are read by nobody else.
        return owned.count < partitions || unread.count == owned.count ? leaving : []
    }

    /// The group is left for these partitions, each of which stands somewhere; for twice as long where it is known that
    /// somebody else can read them.
    mutating func leave(_ partitions: [Int32], position: (Int32) -> Int64, forMs: Int64, nowMs: Int64) {
        let times: Int64 = readable.isDisjoint(with: partitions) ? 1 : 2
        for partition in partitions {
            left[partition] = (nowMs, position(partition))
            readable.remove(partition)
        }
        away = (partitions, nowMs + times * forMs)
    }

    /// The group is joined again.
    mutating func comeBack() { away = nil }

    /// Whether all that the group was left for answer again.
    func isHeardAgain(_ answered: [Int32]) -> Bool {
        guard let away else { return false }
        return away.partitions.allSatisfy { answered.contains($0) }
    }
}

/// Leaving the group for a partition that this worker can not read, so that another takes it.
extension WorkerMachine {
    /// For how many session times it stays away, if the leader does not answer before.
    private static var awayTimes: Int64 { 6 }

    mutating func learned(_ answered: [Int32], silent: [Int32], of partitions: Int, _ now: Moment) {
        leaders.learn(answered: answered, silent: silent, partitions: partitions, nowMs: now.steadyMs)
        if leaders.isHeardAgain(answered) { comeBack("its leader answers again") }
    }

    mutating func watchLeaders(_ now: Moment) {
        guard settings.sessionMs > 0, ending == nil else { return }
        switch phase {
        case .working: leaders.keep(Array(lanes.keys), position: position, nowMs: now.steadyMs)
        case .idle, .closing, .ended: leaders.rest()
        case .locating: break
        }
        let asked =
            leaders.away?.partitions
            ?? (phase == .working ? leaders.quiet(sessionMs: settings.sessionMs, nowMs: now.steadyMs) : [])
        if !asked.isEmpty, now.steadyMs >= leaders.askAtMs {
            leaders.askAtMs = now.steadyMs + settings.sessionMs / 4
            actions.append(.askLeaders(asked))
        }
        if let away = leaders.away {
            if now.steadyMs >= away.untilMs { comeBack("its leader is still silent here") }
            return
        }
        guard phase == .working else { return }
        let unreadable = leaders.unreadable(sessionMs: settings.sessionMs, nowMs: now.steadyMs)
        guard !unreadable.isEmpty else { return }
        leaders.leave(
            unreadable, position: position, forMs: Self.awayTimes * settings.sessionMs, nowMs: now.steadyMs)
        actions.append(
            .say(
                "group: \(Self.named(unreadable)) can not be read here, the leader has not answered for "
                    + "\(2 * settings.sessionMs / 1_000) s; leaving the group, so that another worker takes it"
            ))
        actions.append(.leaveGroup)
    }

    private mutating func comeBack(_ why: String) {
        guard let away = leaders.away else { return }
        leaders.comeBack()
        actions.append(.say("group: \(Self.named(away.partitions)): \(why); joining again"))
        actions.append(.joinGroup)
    }

    private func position(_ partition: Int32) -> Int64 { lanes[partition]?.position ?? 0 }

    private static func named(_ partitions: [Int32]) -> String {
        let first = partitions.prefix(8).map { "\($0)" }.joined(separator: ", ")
        let more = partitions.count > 8 ? " and \(partitions.count - 8) more" : ""
        return "\(partitions.count == 1 ? "partition" : "partitions") \(first)\(more)"
    }
}
