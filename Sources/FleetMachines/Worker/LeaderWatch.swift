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

    /// Leaders are looked at so often, milliseconds: not with every record.
    private static let lookMs: Int64 = 50
    private var lookedAt: (generation: Int, ms: Int64)?

    /// Partitions of the shard topic, as far as the cluster says.
    private(set) var partitions = 0
    /// Partitions that are read.
    var images = LeaderSilences()
    /// Partitions of which something was published and is not acknowledged, also if it is published again meanwhile.
    var answers = LeaderSilences()
    /// All partitions, while nothing of a transaction is answered: the node that keeps transactions is among their leaders.
    private var nodes = LeaderSilences()
    /// Since when nothing of transactions was answered.
    private var transactionSinceMs: Int64?
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
        lookedAt = nil
        away?.learn(role, answered: answered)
        switch role {
        case .images: images.learn(answered: answered, silent: silent, nowMs: nowMs)
        case .answers:
            answers.learn(answered: answered, silent: silent, nowMs: nowMs)
            nodes.learn(answered: answered, silent: silent, nowMs: nowMs)
        }
    }

    /// The node that keeps the transaction has something to answer, as it may have had before.
    mutating func waitForTransaction(nowMs: Int64) { transactionSinceMs = transactionSinceMs ?? nowMs }

    /// The node that keeps the transaction has answered.
    mutating func transactionHeard() {
        guard transactionSinceMs != nil else { return }
        transactionSinceMs = nil
        nodes.rest()
    }

    /// Whether they are to be looked at now; then they are: at once for new lanes, and after an answer.
    mutating func isDue(_ generation: Int, nowMs: Int64) -> Bool {
        if let lookedAt, lookedAt.generation == generation, nowMs - lookedAt.ms < Self.lookMs { return false }
        lookedAt = (generation, nowMs)
        return true
    }

    /// These partitions are owned; of a new one everything is still to be heard.
    mutating func keep(_ owned: [Int32], _ settings: WorkerSettings, nowMs: Int64) {
        images.keep(owned.contains)
        answers.keep(owned.contains)
        for partition in owned { images.wait(partition, nowMs: nowMs) }
        guard let since = transactionSinceMs, nowMs - since >= settings.patienceMs(.answers) / 4 else {
            return
        }
        for partition in owned + Array(0..<Int32(clamping: partitions)) {
            nodes.wait(partition, nowMs: since)
        }
    }

    /// Nothing is owned any more.
    mutating func rest() {
        images.rest()
        answers.rest()
        nodes.rest()
        transactionSinceMs = nil
    }

    /// Partitions of which nothing was heard for a while.
    func quiet(_ role: LeaderRole, _ settings: WorkerSettings, nowMs: Int64) -> [Int32] {
        let patienceMs = settings.patienceMs(role)
        switch role {
        case .images: return images.quiet(patienceMs: patienceMs, nowMs: nowMs)
        case .answers:
            let quiet =
                answers.quiet(patienceMs: patienceMs, nowMs: nowMs)
                + nodes.quiet(patienceMs: patienceMs, nowMs: nowMs)
            return Set(quiet).sorted()
        }
    }

    /// Whether it is time to ask; then it is asked.
    mutating func asks(_ role: LeaderRole, _ settings: WorkerSettings, nowMs: Int64) -> Bool {
        let patienceMs = settings.patienceMs(role)
        switch role {
        case .images: return images.asks(patienceMs: patienceMs, nowMs: nowMs)
        case .answers: return answers.asks(patienceMs: patienceMs, nowMs: nowMs)
        }
    }

    /// What another worker has to do, if the group is better off without this one.
    ///
    /// - Parameter owned: How many partitions it has.
    func trouble(owned: Int, _ settings: WorkerSettings, nowMs: Int64) -> LeaderTrouble? {
        let patienceMs = settings.patienceMs(.answers)
        let unread = images.silent(patienceMs: settings.patienceMs(.images), nowMs: nowMs)
        let unwritten = answers.silent(patienceMs: patienceMs, nowMs: nowMs)
        // What is published to silent leaders only is reason enough for a transaction that does not get on.
        var untold = nodes.silent(patienceMs: patienceMs, nowMs: nowMs)
        if !answers.isEmpty, answers.are(among: unwritten + untold) { untold = [] }
        func isLeft(_ partition: Int32) -> Bool { nowMs >= pausedUntilMs[partition] ?? .min }
        let trouble = LeaderTrouble(
            images: unread.filter(isLeft), answers: unwritten.filter(isLeft),
            transactions: untold.filter(isLeft))
        guard !trouble.isNone else { return nil }
        // Who has everything may be alone: the others are served by nobody else. Without transactions none is served.
        guard
            owned < partitions || !trouble.transactions.isEmpty || Set(unread + unwritten).count == owned
        else { return nil }
        return trouble
    }

    /// The group is left.
    ///
    /// - Parameter offsets: By partition: what lies above was committed by others.
    mutating func leave(
        _ trouble: LeaderTrouble, offsets: [Int32: Int64], sessionMs: Int64, nowMs: Int64
    ) -> Absence {
        let times = min(Self.awayTimes << min(returns, 8), Self.awayTimesMax)
        let absence = Absence(
            images: trouble.images, answers: Set(trouble.answers + trouble.transactions).sorted(),
            offsets: offsets, waitMs: times * sessionMs,
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

/// What a worker can not do.
struct LeaderTrouble: Sendable {
    /// Partitions that it can not read.
    let images: [Int32]
    /// Partitions of which it has published something that is not acknowledged.
    let answers: [Int32]
    /// Partitions whose leaders are silent while no transaction is answered.
    let transactions: [Int32]

    var isNone: Bool { images.isEmpty && answers.isEmpty && transactions.isEmpty }
}
