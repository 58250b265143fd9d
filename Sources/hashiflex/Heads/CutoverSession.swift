import ArgumentParser
import ControlPlane
import Cutover
import Foundation
import Kafka
import PipelineMessages
import Synchronization
import Threads

/// Asks for one cut-over and stays with it until its outcome is known, or a person wants to wait no longer.
struct CutoverSession {
    private let options: CutoverOptions
    private let link: Connection
    private let view: ControlView
    private let interruption: Interruption

    init(_ options: CutoverOptions, _ link: Connection, _ view: ControlView, _ interruption: Interruption) {
        self.options = options
        self.link = link
        self.view = view
        self.interruption = interruption
    }

    /// Asks for a cut-over to a published head and waits for its end.
    func run(_ manifest: HeadManifest) throws {
        let begin = Clock.steadyMs
        let writer = try RecordWriter(link.kafka)
        let request = try options.request(manifest, link)
        interruption.willAsk()
        do {
            try writer.write(request, topics: link.topics)
        } catch {
            throw CommandError(
                Exit.unavailable,
                "\(error); it is not known whether cut-over \(request.request) was requested: see head status, "
                    + "and `hashiflex head abandon \(request.request)`")
        }
        if options.noWait {
            Terminal.print(
                options.json ? JSONRecord.text(request) : "cut-over \(request.request) requested")
            return
        }
        var watch = RequestWatch(request, askedAtMs: Clock.steadyMs)
        while true {
            let isInterrupted = interruption.isSet
            if isInterrupted {
                try view.catchUp(timeoutMs: 2_000)
            } else {
                try view.take(timeoutMs: 100)
            }
            let step = watch.next(
                view.log, now: Clock.steadyMs, wallMs: Clock.wallMs, isInterrupted: isInterrupted)
            switch step {
            case .wait: continue
            case .giveUp(let decision): giveUp(decision, writer)
            case .end(let record, let reason):
                return try end(record, reason, tookMs: Clock.steadyMs - begin)
            }
        }
    }

    /// Writes the decision; whether it counts, or was written after an error, is what the log says.
    private func giveUp(_ decision: CutoverRecord, _ writer: RecordWriter) {
        do {
            try writer.write(decision, topics: link.topics, timeoutMs: 10_000)
        } catch {
            Terminal.complain("giving up cut-over \(decision.request): \(error)")
        }
    }

    private func end(_ record: CutoverRecord, _ reason: RequestWatch.Reason, tookMs: Int64) throws {
        if options.json { Terminal.print(JSONRecord.text(record)) }
        switch (record.state, reason) {
        case (.committed, _):
            if !options.json { Terminal.print(Self.inForce(record, tookMs: tookMs)) }
        case (.aborted, .gaveUp):
            throw CommandError(Exit.late, Self.gaveUp(record, view.log))
        case (.aborted, _):
            let reasons = (record.reasons ?? ["no reason given"]).joined(separator: "\n  ")
            throw CommandError(
                Exit.refused, "\(record.label) was not switched on anywhere:\n  \(reasons)")
        case (.requested, .interrupted):
            throw CommandError(
                Exit.late,
                "no longer waiting: cut-over \(record.request) to \(record.label) stands, requested and undecided; "
                    + "to give it up: hashiflex head abandon \(record.request)")
        case (.requested, _):
            throw CommandError(
                Exit.late,
                "no outcome yet, and no decision is to be read: cut-over \(record.request) to \(record.label) may "
                    + "stand; see head status, and `hashiflex head abandon \(record.request)`")
        case (.committing, .interrupted):
            throw CommandError(
                Exit.late,
                "no longer waiting: cut-over \(record.request) to \(record.label) is decided and will be completed; "
                    + "see head status")
        case (.committing, _):
            throw CommandError(
                Exit.late,
                "cut-over \(record.request) to \(record.label) is decided, but not completed yet: is "
                    + "`hashiflex coordinator` running? It will be completed; see head status")
        }
    }

    private static func inForce(_ record: CutoverRecord, tookMs: Int64) -> String {
        let text = (record.offsets ?? []).map { "p\($0.partition)@\($0.offset)" }.joined(separator: " ")
        return "\(record.label) in force for \(record.slot) from \(text) "
            + "(\(tookMs) ms from request to commit, measured)"
    }

    /// What to do about a request that nobody decided.
    private static func gaveUp(_ record: CutoverRecord, _ log: ActivationLog) -> String {
        let before = log.open.first { ($0.number ?? 0) < (record.number ?? 0) }
        let advice =
            before.map {
                "cut-over \($0.request) to \($0.label) is before it, \($0.state.rawValue)"
            } ?? "is `hashiflex coordinator` running? Then push again"
        return
            "\(record.label) was not switched on anywhere: \(RequestWatch.reason), and the request was given up; "
            + advice
    }
}

/// The first Ctrl-C or SIGTERM at a command that asks for a cut-over.
final class Interruption: Sendable {
    private let hasAsked = Mutex(false)
    private let stop = Signal()

    /// Takes the signals over; call before any other thread exists.
    static func watched() -> Interruption {
        let interruption = Interruption()
        Signals.onTermination { interruption.raise() }
        return interruption
    }

    /// From here on a signal ends the wait only; before, it ends the command.
    func willAsk() { hasAsked.withLock { $0 = true } }

    /// Whether there was a signal since.
    var isSet: Bool { stop.isSet }

    private func raise() {
        hasAsked.withLock { hasAsked in
            guard !hasAsked else { return stop.set() }
            // Under the lock: nothing is asked for any more.
            Terminal.complain("interrupted: no cut-over was requested")
            _exit(Exit.late.rawValue)
        }
    }
}
