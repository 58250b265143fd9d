/// What a partition's leader is needed for.
package enum LeaderRole: Sendable, Hashable {
    /// The partition's images are read from it.
    case images
    /// What becomes of the partition's images is written to it: it leads the partition of the same number in a topic for answers, or
    /// that of the dead letters.
    case answers
}

/// Since when nothing was heard of leaders of one role that something is waited for from. Pure.
struct LeaderSilences: Sendable {
    /// Asked so often in vain, a leader is silent, and not merely not asked yet: the process may have slept.
    private static let silencesMin = 4

    /// By partition: when its leader was heard last, or began to be waited for, and how often it was asked in vain since.
    private var waiting: [Int32: (heardMs: Int64, silences: Int)] = [:]
    /// When leaders are asked next: soon after an answer, later without one.
    private var askAtMs: Int64 = 0
    private var askAgainMs: Int64 = 0

    /// Something is waited for from the leader of a partition, as it may have been before.
    mutating func wait(_ partition: Int32, nowMs: Int64) {
        if waiting[partition] == nil { waiting[partition] = (nowMs, 0) }
    }

    /// The leader of a partition has done something, and something is waited for still.
    mutating func heard(_ partition: Int32, nowMs: Int64) {
        if waiting[partition] != nil { waiting[partition] = (nowMs, 0) }
    }

    /// Nothing is waited for any more.
    mutating func end(_ partition: Int32) { waiting[partition] = nil }

    /// Nothing is waited for but of these.
    mutating func keep(_ isKept: (Int32) -> Bool) {
        guard !waiting.keys.allSatisfy(isKept) else { return }
        waiting = waiting.filter { isKept($0.key) }
    }

    /// Whether nothing is waited for.
    var isEmpty: Bool { waiting.isEmpty }

    /// Whether nothing is waited for but of these.
    func are(among partitions: [Int32]) -> Bool { waiting.keys.allSatisfy(partitions.contains) }

    /// Nothing is waited for of any.
    mutating func rest() { waiting = [:] }

    /// Takes an answer: partitions whose leader answered, and those of which the cluster names one that did not.
    mutating func learn(answered: [Int32], silent: [Int32], nowMs: Int64) {
        askAtMs = min(askAtMs, askAgainMs)
        for partition in answered { heard(partition, nowMs: nowMs) }
        for partition in silent { waiting[partition]?.silences += 1 }
    }

    /// Whether it is time to ask; then it is asked.
    mutating func asks(patienceMs: Int64, nowMs: Int64) -> Bool {
        guard nowMs >= askAtMs else { return false }
        askAgainMs = nowMs + patienceMs / 8
        askAtMs = nowMs + patienceMs / 2
        return true
    }

    /// Partitions of which nothing was heard for so long that their leader is asked.
    func quiet(patienceMs: Int64, nowMs: Int64) -> [Int32] {
        waiting.filter { nowMs - $0.value.heardMs >= patienceMs / 4 }.keys.sorted()
    }

    /// Partitions whose leader does not answer here, for longer than is waited.
    func silent(patienceMs: Int64, nowMs: Int64) -> [Int32] {
        waiting.filter {
            $0.value.silences >= Self.silencesMin && nowMs - $0.value.heardMs >= patienceMs
        }.keys.sorted()
    }
}
