import Cutover
import PipelineMessages
import Threads

/// Waits for cut-overs whose markers are being written: where they lie is not known yet. So long in all, however often it is
/// asked for, and never without a word.
struct CutoverPatience {
    /// Time until a wait is told, milliseconds.
    private static let quietMs: Int64 = 3_000
    private static let limitMs: Int64 = 30_000
    private let command: String
    private var spentMs: Int64 = 0

    /// - Parameter command: Who waits.
    init(_ command: String) { self.command = command }

    /// Waits until none is committing, or the time is spent.
    mutating func wait(_ view: ControlView) throws {
        let beginMs = Clock.steadyMs
        let (spentBefore, limit) = (spentMs, Self.limitMs)
        defer { spentMs = spentBefore + Clock.steadyMs - beginMs }
        var toldMs = beginMs
        while let open = view.log.open.first(where: { $0.state == .committing }) {
            let nowMs = Clock.steadyMs
            guard spentBefore + nowMs - beginMs < limit else {
                // Later waits have no time left: told once.
                if spentBefore < limit {
                    Self.say(open, "is not committed after \(limit / 1_000) s; \(command) goes on without it")
                }
                return
            }
            if nowMs - toldMs >= Self.quietMs {
                toldMs = nowMs
                let leftMs = limit - (spentBefore + nowMs - beginMs)
                Self.say(
                    open, "is being committed; \(command) waits for it, \(leftMs / 1_000) s more at most")
            }
            try view.take(timeoutMs: 200)
        }
    }

    private static func say(_ record: CutoverRecord, _ what: String) {
        Terminal.complain(
            Terminal.oneLine("cut-over \(record.request) to \(record.label) for \(record.slot) \(what)"))
    }
}
