import ArgumentParser
import ControlPlane
import Cutover
import Kafka
import PipelineMessages
import Threads

/// Asks for one cut-over and stays with it until its outcome is known, or a person wants to wait no longer.
struct CutoverSession {
    private let options: CutoverOptions
    private let link: Connection
    private let view: ControlView
    private let interruption: Interruption
    private let time: CutoverDeadline
    /// Without news for so long another node is asked, milliseconds.
    private static let silentMs: Int64 = 6_000

    init(
        _ options: CutoverOptions, _ link: Connection, _ view: ControlView, _ interruption: Interruption,
        _ time: CutoverDeadline
    ) {
        self.options = options
        self.link = link
        self.view = view
        self.interruption = interruption
        self.time = time
    }

    /// Publishes a head, where there is a file, asks for a cut-over to it and waits for its end.
    ///
    /// - Parameter publish: is told how long it may take, milliseconds.
    func run(_ manifest: HeadManifest, publish: (_ timeoutMs: Int64) throws -> Void) throws {
        do {
            let leftMs = try startLeftMs()
            do {
                try publish(leftMs)
            } catch let error as KafkaError where error.mayPass {
                throw CommandError(Exit.unavailable, "\(error); no cut-over was requested")
            }
            try ask(manifest)
            interruption.finish()
        } catch let error as CommandError {
            interruption.finish(error)
            throw error
        }
    }

    /// What is left for what comes before the request, milliseconds.
    private func startLeftMs() throws -> Int64 {
        let left = time.startLeftMs(nowMs: Clock.steadyMs)
        guard left > 0 else {
            throw CommandError(
                Exit.late,
                "the deadline is over, and no cut-over was requested: the broker answered too slowly; see doctor, and "
                    + "--deadline to wait longer")
        }
        return left
    }

    private func ask(_ manifest: HeadManifest) throws {
        let begin = Clock.steadyMs
        let writer = try RecordWriter(link.kafka)
        let leftMs = try startLeftMs()
        let request = try options.request(manifest, link, readyMs: time.readyMs(nowMs: begin))
        let doubt = CutoverDoubt(request: request.request)
        interruption.willAsk(request.request)
        do {
            try writer.write(
                request, topics: link.topics, timeoutMs: leftMs, until: interruption.signal)
        } catch {
            throw CommandError(interruption.isSet ? Exit.late : Exit.unavailable, doubt.unwritten(error))
        }
        if options.noWait {
            Terminal.print(
                options.json ? JSONRecord.text(request) : "cut-over \(request.request) requested")
            return
        }
        do {
            try follow(request, writer, from: begin)
        } catch let error as KafkaError {
            throw CommandError(Exit.unavailable, doubt.unread(error))
        }
    }

    /// Waits for the end of a cut-over that was asked for at `begin`, steady milliseconds.
    ///
    /// - Throws: `CommandError` where it is not in force; `KafkaError` when the control topic can not be read any more.
    private func follow(_ request: CutoverRecord, _ writer: RecordWriter, from begin: Int64) throws {
        var patience = RequestWatch.Patience()
        patience.allMs = CutoverDeadline.answerMs
        // From before it was written: a slow write does not move the deadline.
        var watch = RequestWatch(request, askedAtMs: begin, patience: patience)
        var silence = ControlSilence(
            position: view.position, limitMs: Self.silentMs, nowMs: Clock.steadyMs)
        while true {
            if silence.isTooLong(position: view.position, nowMs: Clock.steadyMs) { view.askAnother(link) }
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
            case .giveUp(let decision): giveUp(decision, writer, leftMs: watch.leftMs(now: Clock.steadyMs))
            case .end(let record, let reason):
                return try end(record, reason, tookMs: Clock.steadyMs - begin)
            }
        }
    }

    /// Writes the decision; whether it counts, or was written after an error, is what the log says.
    private func giveUp(_ decision: CutoverRecord, _ writer: RecordWriter, leftMs: Int64) {
        do {
            // A part of it is for reading it back.
            try writer.write(
                decision, topics: link.topics, timeoutMs: max(1_000, leftMs - 1_000),
                until: interruption.signal)
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
            let reasons = (record.reasons ?? ["no reason given"]).map(Terminal.oneLine)
                .joined(separator: "\n  ")
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
        return "\(record.label) in force for \(Terminal.oneLine("\(record.slot)")) from \(text) "
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
