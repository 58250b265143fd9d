internal import PipelineMessages

/// Says that something could not be used: at once the first time, then at most once in ``periodMs``, with the counts.
struct LossLog: Sendable {
    /// Milliseconds between two lines.
    static let periodMs: Int64 = 60_000

    /// What is counted, the first words of a line.
    let what: String
    private var count: Int64 = 0
    private var last = ""
    /// When a line was said last, and the count then.
    private var said: (atMs: Int64, count: Int64)?

    /// Has counted nothing.
    init(_ what: String) { self.what = what }

    /// Counts `more`, of which `last` is the last and why.
    mutating func note(_ more: Int, last: @autoclosure () -> String) {
        guard more > 0 else { return }
        count += Int64(more)
        self.last = RecordBounds.cut(last())
    }

    /// The line that is due, if one is.
    mutating func line(nowMs: Int64) -> String? {
        let before = said
        guard count > before?.count ?? 0, nowMs - (before?.atMs ?? .min / 2) >= Self.periodMs else {
            return nil
        }
        said = (nowMs, count)
        guard let before else { return "\(what): \(last)" }
        let seconds = (nowMs - before.atMs) / 1_000
        return "\(what): \(count - before.count) more in \(seconds) s, \(count) in all, the last: \(last)"
    }
}

extension WorkerMachine {
    /// Says what could not be used, as often as that helps.
    mutating func sayLosses(_ now: Moment) {
        if let line = buried.line(nowMs: now.steadyMs) { actions.append(.say(line)) }
        if let line = unread.line(nowMs: now.steadyMs) { actions.append(.say(line)) }
    }

    /// Takes note that images of a shard could not be read.
    mutating func notRead(_ ticket: Ticket, _ images: Int, _ reason: String) {
        guard isCurrent(ticket.lane) else { return }
        unread.note(images, last: "partition \(ticket.lane.partition), offset \(ticket.offset): \(reason)")
    }
}
