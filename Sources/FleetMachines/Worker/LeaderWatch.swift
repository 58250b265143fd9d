/// Sees that a partition's leader answers everybody but this worker. Pure.
///
/// What is asked is where a partition ends, over the client that reads: a partition that merely rests answers as well, and so does a
/// leader that is slow to acknowledge.
struct LeaderWatch: Sendable {
    /// It is not left for the same partition again for so many session times, unless others were seen to take it further: nobody may be
    /// able to.
    private static let pauseTimes: Int64 = 30
    /// For how many session times nobody may take the partitions further at first, until it comes back; twice as many after each
    /// return to silence, up to the most.
    private static let awayTimes: Int64 = 6
    private static let awayTimesMax: Int64 = 48

    /// Partitions of the shard topic, as far as the cluster says.
    private(set) var partitions = 0
    /// Partitions that are read.
    var images = LeaderSilences()
    /// Partitions of which something was published and is not acknowledged, also if it is published again meanwhile.
    var answers = LeaderSilences()
    /// Until when the group is not left for a partition.
    private var pausedUntilMs: [Int32: Int64] = [:]
    /// Returns in a row to leaders that were still silent.
    private var returns: Int64 = 0
    /// The time outside of the group.
    var away: Absence?

    /// Takes an answer: partitions whose leader answered, and those of which the cluster names one that did not.
    mutating func learn(
        _ role: LeaderRole, answered: [Int32], silent: [Int32], partitions: Int, nowMs: Int64
    ) {
        if partitions > 0 { self.partitions = partitions }
        away?.learn(role, answered: answered)
        switch role {
        case .images: images.learn(answered: answered, silent: silent, nowMs: nowMs)
        case .answers: answers.learn(answered: answered, silent: silent, nowMs: nowMs)
        }
    }

    /// These partitions are owned; of a new one everything is still to be heard.
    mutating func keep(_ partitions: [Int32], nowMs: Int64) {
        images.keep(partitions.contains)
        answers.keep(partitions.contains)
        for partition in partitions { images.wait(partition, nowMs: nowMs) }
    }

    /// Nothing is owned any more.
    mutating func rest() {
        images.rest()
        answers.rest()
    }

    /// Partitions that another has to take, if the group is better off without this worker.
    ///
    /// - Parameter owned: How many partitions it has.
    func unusable(
        owned: Int, sessionMs: Int64, nowMs: Int64
    ) -> (images: [Int32], answers: [Int32])? {
        let unread = images.silent(sessionMs: sessionMs, nowMs: nowMs)
        let unwritten = answers.silent(sessionMs: sessionMs, nowMs: nowMs)
        func isLeft(_ partition: Int32) -> Bool { nowMs >= pausedUntilMs[partition] ?? .min }
        let leaving = (images: unread.filter(isLeft), answers: unwritten.filter(isLeft))
        guard !leaving.images.isEmpty || !leaving.answers.isEmpty else { return nil }
        // Who has everything may be alone: the others are served by nobody else.
        guard owned < partitions || Set(unread + unwritten).count == owned else { return nil }
        return leaving
    }

    /// The group is left for these partitions.
    mutating func leave(
        images: [Int32], answers: [Int32], offsets: [Int32: Int64], sessionMs: Int64, nowMs: Int64
    ) -> Absence {
        let times = min(Self.awayTimes << min(returns, 8), Self.awayTimesMax)
        let absence = Absence(
            images: images, answers: answers, offsets: offsets, waitMs: times * sessionMs,
            latestMs: nowMs + Self.awayTimesMax * sessionMs, nowMs: nowMs)
        pause(absence.partitions, sessionMs: sessionMs, nowMs: nowMs)
        away = absence
        return absence
    }

    /// The group is joined again.
    ///
    /// - Returns: The time outside of it.
    mutating func comeBack(sessionMs: Int64, nowMs: Int64) -> Absence? {
        guard let absence = away else { return nil }
        away = nil
        returns = absence.isHeardAgain ? 0 : returns + 1
        if absence.isTaken {
            for partition in absence.partitions { pausedUntilMs[partition] = nil }
        } else if !absence.isHeardAgain {
            pause(absence.partitions, sessionMs: sessionMs, nowMs: nowMs)
        }
        return absence
    }

    private mutating func pause(_ partitions: [Int32], sessionMs: Int64, nowMs: Int64) {
        for partition in partitions { pausedUntilMs[partition] = nowMs + Self.pauseTimes * sessionMs }
    }
}
