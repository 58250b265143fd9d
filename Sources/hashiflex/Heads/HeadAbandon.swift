import ArgumentParser
import ControlPlane
import Cutover
import Kafka
import PipelineMessages
import Threads

extension HeadCommand {
    /// `hashiflex head abandon`.
    struct Abandon: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give up a cut-over that was requested and nobody decided.",
            discussion: """
                The first decision counts: exit code 0 if nothing is switched, 76 if the coordinator had decided to \
                switch. A head that is in force is left by head rollback.
                """)

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "The request's name, or its head, name@version. Default: the only one that is open.")
        var request: String?
        @Option(help: "Why, for those who read it later.") var reason: String?
        @Flag(help: "Print the outcome as JSON.") var json = false

        /// How long the decision may take to be read back, milliseconds.
        private static let answerMs: Int64 = 10_000

        func validate() throws {
            guard let reason else { return }
            guard !reason.isEmpty, reason.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
                throw ValidationError("--reason is one line without control characters")
            }
        }

        func run() throws {
            try runCommand {
                let link = try connection.connect(as: "head", \.control)
                let view = try ControlView(link)
                let asked = try chosen(view.log)
                guard asked.state == .requested else { return try tell(asked, isMine: false) }
                let text = "abandoned by a person" + (reason.map { ": \($0)" } ?? "")
                let decision = asked.aborted([text], atMs: Clock.wallMs)
                try RecordWriter(link.kafka).write(decision, topics: link.topics, timeoutMs: Self.answerMs)
                let patience = Clock.steadyMs + Self.answerMs
                while Clock.steadyMs < patience {
                    try view.take(timeoutMs: 100)
                    guard let record = view.log.cutovers[asked.request], record.state != .requested else {
                        continue
                    }
                    return try tell(record, isMine: record == decision)
                }
                throw CommandError(
                    Exit.late,
                    "cut-over \(asked.request) to \(asked.label): the decision is written, but not read back; see head status"
                )
            }
        }

        private func chosen(_ log: ActivationLog) throws -> CutoverRecord {
            let found = log.requests(named: request)
            guard let first = found.first else {
                let problem = request.map { "there is no cut-over request '\($0)'" } ?? "no cut-over is open"
                throw CommandError(Exit.badInput, "\(problem); see head status")
            }
            guard found.count == 1 else {
                let list = found.map {
                    Terminal.oneLine("\($0.request)  #\($0.number ?? 0) \($0.label) for \($0.slot)")
                }
                throw CommandError(
                    ExitCode(64), "which one? Name a request:\n  " + list.joined(separator: "\n  "))
            }
            return first
        }

        /// Says what came of it.
        private func tell(_ record: CutoverRecord, isMine: Bool) throws {
            if json { Terminal.print(JSONRecord.text(record)) }
            let name = Terminal.oneLine(
                "cut-over \(record.request) to \(record.label) for \(record.slot)")
            switch record.state {
            case .aborted:
                guard !json else { return }
                let reasons = Terminal.oneLine((record.reasons ?? []).joined(separator: "; "))
                Terminal.print(
                    isMine
                        ? "\(name) is abandoned: nothing is switched"
                        : "\(name) was aborted already: \(reasons)")
            case .committing, .requested:
                throw CommandError(
                    Exit.refused,
                    "\(name) can not be abandoned: the coordinator had decided to switch, and completes it")
            case .committed:
                throw CommandError(
                    Exit.refused, "\(name) can not be abandoned: it is in force; see head rollback")
            }
        }
    }
}
