public import PipelineMessages

/// Partitions that were added to the shard topic after a cut-over, and have no marker of it.
extension ActivationLog {
    /// The cut-over that gives added partitions the head in force, without its rank; `nil` when each has what it should.
    ///
    /// The head is that of the slot's newest committed cut-over that was asked for every partition: a canary's is not theirs. A
    /// partition lacks it when no marker of that rank or above was ever put there. One slot at a time; the default slot comes
    /// last, since with its marker a partition begins to be read.
    ///
    /// - Parameter partitions: the partitions of the topic.
    public func addition(_ partitions: [Int32], atMs: Int64) -> CutoverRecord? {
        let slots = everywhereOfSlots.sorted { $0.slot.description < $1.slot.description }
        for cutover in slots.filter({ $0.slot != .standard }) + slots.filter({ $0.slot == .standard }) {
            guard let number = cutover.number else { continue }
            let lacking = partitions.filter { !hasMarker(of: cutover.slot, from: number, partition: $0) }
            guard let first = lacking.first, let name = freeName("added-\(number)-\(first)-\(lacking.count)")
            else { continue }
            // The head is in force elsewhere: whoever does not have it, waits there as well.
            var record = CutoverRecord(
                request: name, slot: cutover.slot, head: cutover.head, label: cutover.label,
                partitions: lacking, quorum: 1, deadlineMs: Self.additionDeadlineMs, requestedAtMs: atMs)
            record.restates = number
            return record
        }
        return nil
    }

    /// Why a cut-over that gives added partitions the head in force is out of date; `nil` if it is not, or is none.
    public func objection(to record: CutoverRecord) -> String? {
        guard let restated = record.restates, everywhere(record.slot)?.number != restated else { return nil }
        return "the head of \(record.slot) was switched since: cut-over #\(restated) is not the newest"
    }

    /// How long workers have to get ready with a head that is in force elsewhere: a push behind it waits.
    private static let additionDeadlineMs: Int64 = 5_000
    /// How often the same partitions may be given up before a person has to push.
    private static let attemptsMax = 32

    /// A name that two coordinators choose alike: the second of two equal requests changes nothing.
    private func freeName(_ name: String) -> String? {
        (0..<Self.attemptsMax).lazy.map { "\(name)-\($0)" }.first { cutovers[$0] == nil }
    }
}
