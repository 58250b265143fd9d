/// What is asked of the broker, and what the answers are for.
struct IngestQuestions: Sendable {
    /// Those that were asked and not answered.
    var unanswered: Set<IngestQuestion> = []
    /// When to ask next.
    var askAtMs: Int64
    /// When the workers' progress was read last.
    var progressAtMs: Int64
    /// Bytes of delivered records of which the broker did not say where they are, by partition; they count as on their
    /// way.
    var unplaced: [Int: [Int]] = [:]
    /// Those whose partition's end is being asked for.
    var placing: [Int: [Int]] = [:]
}

/// Following the workers' progress.
extension IngestMachine {
    /// Asks anew, once all is answered; not when nobody will wait for room any more.
    mutating func ask(_ now: Moment) {
        guard stoppedAtMs == nil, !isWindingDown, closedAtMs == nil, questions.unanswered.isEmpty,
            now.steadyMs >= questions.askAtMs
        else { return }
        for partition in questions.unplaced.keys.sorted() {
            questions.placing[partition] = questions.unplaced.removeValue(forKey: partition)
            put(.end(partition: Int32(partition)))
        }
        put(.committed)
        if isTimeToCount(now) { put(.partitionCount) }
    }

    mutating func put(_ question: IngestQuestion) {
        questions.unanswered.insert(question)
        actions.append(.ask(question))
    }

    mutating func answered(_ question: IngestQuestion, _ now: Moment) {
        questions.unanswered.remove(question)
        if questions.unanswered.isEmpty { questions.askAtMs = now.steadyMs + settings.askMs }
    }

    mutating func committed(_ offsets: [Int32: Int64], _ now: Moment) {
        answered(.committed, now)
        questions.progressAtMs = now.steadyMs
        for (partition, offset) in offsets where meters.indices.contains(Int(partition)) {
            meters[Int(partition)].committed(offset)
        }
    }

    /// Places records of unknown offset at the end of their partition: not below where they are.
    mutating func ended(_ partition: Int32, at end: Int64, _ now: Moment) {
        answered(.end(partition: partition), now)
        for bytes in questions.placing.removeValue(forKey: Int(partition)) ?? [] {
            meters[Int(partition)].delivered(offset: end - 1, bytes: bytes)
        }
    }

    mutating func notAnswered(_ question: IngestQuestion, _ now: Moment) {
        answered(question, now)
        guard case .end(let number) = question else { return }
        let partition = Int(number)
        if let records = questions.placing.removeValue(forKey: partition) {
            questions.unplaced[partition, default: []] += records
        }
    }
}
