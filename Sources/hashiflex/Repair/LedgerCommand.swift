import ArgumentParser
import ControlPlane
import Kafka
import PipelineMessages
import Threads

/// `hashiflex ledger`.
struct LedgerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger",
        abstract: "Show the throughput ledger, and start it anew when it was put wrong.",
        subcommands: [Show.self, Reset.self])

    /// `hashiflex ledger show`.
    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what each worker is credited with, and what does not add up.")

        @OptionGroup var connection: ConnectionOptions
        @Flag(help: "Print the coordinator's heartbeat as JSON.") var json = false

        func run() throws {
            try runCommand {
                let link = try connection.connect(as: "ledger", \.status)
                // How old it is is shown to people only.
                let snapshot = try FleetSnapshot.read(link, listeningFor: json ? [] : [.coordinator])
                guard let status = snapshot.coordinator else {
                    throw CommandError(Exit.mismatch, "no coordinator has ever sent a heartbeat")
                }
                guard !json else { return Terminal.printJSON(status) }
                var rows = [["WORKER", "IMAGES", "SHARDS"]]
                for entry in status.ledger {
                    rows.append([entry.worker, Format.count(entry.images), Format.count(entry.shards)])
                }
                for line in Format.table(rows) { Terminal.print(line) }
                let since = status.ledgerReset.map { ", counted since the reset at \($0)" } ?? ""
                let age = snapshot.heartbeats.youngest(.coordinator, at: .now)?.milliseconds
                let asOf = age.map { "as of \(max(0, $0) / 1_000) s ago" } ?? "as of a time that is not known"
                Terminal.print(
                    "\(Format.count(status.imagesCommitted)) images in the partitions\(since); \(asOf)")
                for alarm in status.alarms { Terminal.print(Terminal.oneLine("ALARM: \(alarm)")) }
            }
        }
    }

    /// `hashiflex ledger reset`.
    struct Reset: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Count anew from what the workers have committed.",
            discussion: """
                For a ledger that forged or lost receipts have put wrong; alarms of before go. Predictions, offsets and \
                heads are not touched. The demand stays in the control topic. Exit code 75 when no coordinator took it \
                in 30 s.
                """)

        @OptionGroup var connection: ConnectionOptions
        @Option(help: "Why, for those who read it later.") var reason: String

        func validate() throws { try requireReason(reason) }

        func run() throws {
            try runCommand {
                let link = try connection.connect(as: "ledger", \.control, \.status)
                let tail = try StatusTail(link.kafka, topics: link.topics, from: .end)
                defer { tail.close() }
                let reset = LedgerReset(reason: reason, by: personHere(), atMs: Clock.wallMs)
                let control = try ControlView(link)
                try link.writeControl(
                    key: .ledgerReset(name: ProcessFacts.randomName()), JSONRecord.encode(reset))
                let deadline = Clock.steadyMs + 30_000
                while Clock.steadyMs < deadline {
                    // Hundreds of workers beat more often than one waits here.
                    try control.take(timeoutMs: 0)
                    guard case .coordinator(let status)? = tail.poll(timeoutMs: 100),
                        let own = control.resets.first(where: { $0.reset == reset }),
                        status.countsSinceReset(at: own.offset, among: control.resets.map { $0.offset })
                    else { continue }
                    return Terminal.print(
                        "the ledger counts anew from \(Format.count(status.imagesCommitted)) committed images"
                    )
                }
                throw CommandError(
                    Exit.late,
                    "written, and no coordinator has taken it in 30 s; the next one that leads will")
            }
        }
    }
}
