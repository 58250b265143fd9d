import ArgumentParser
import FleetSimulator
import Foundation
import Synchronization
import Threads

/// `hashiflex simulate`.
struct SimulateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Run the shipped worker and coordinator in a simulated world that breaks all it can.",
        discussion: """
            No broker, no images: simulated brokers, clocks, crashes, freezes, lost answers, rebalances, \
            compaction, and somebody who writes to shards, control, status and receipts who should not. \
            Every run ends with an audit: no shard lost, none scored by another head than the topics give it, \
            none repeated with other bytes. A run is a function of its seed alone; what fails is replayed by the \
            command that is printed.
            """)

    @Option(help: "Seed of the first run; further runs take the seeds after it.") var seed: UInt64 = 1
    @Option(help: "Runs. Default: as many as fit into --seconds.") var runs: Int?
    @Option(help: "How long to go on, seconds, where --runs is not given.") var seconds = 10.0
    @Option(help: "Cut-overs that are asked for in each run.") var cutovers = 20
    @Option(help: "Runs side by side. Default: one a processor.") var threads: Int?
    @Flag(help: "Tell what happens, line by line; with --runs 1.") var trace = false
    @Flag(help: "Write one JSON object.") var json = false

    func validate() throws {
        try requireRange("--runs", runs, in: OptionRange.positiveCount)
        if trace, runs != 1 { throw ValidationError("--trace needs --runs 1") }
        try requireRange("--seconds", seconds, in: 0.1...1_000_000)
        try requireRange("--cutovers", cutovers, in: 1...1_000)
        try requireRange("--threads", threads, in: 1...256)
    }

    func run() throws {
        try runCommand {
            let stop = Signal()
            Signals.onTermination { stop.set() }
            let begin = Clock.steadyNs
            let tally = SimulationTally()
            let next = Atomic<Int>(0)
            let count = runs ?? .max
            let deadline = runs == nil ? begin + Int64(seconds * 1e9) : Int64.max
            let crew = (0..<(threads ?? ProcessFacts.processors)).map { index in
                PlatformThread("simulation-\(index)") {
                    while !stop.isSet, Clock.steadyNs < deadline {
                        let run = next.wrappingAdd(1, ordering: .relaxed).oldValue
                        guard run < count else { return }
                        var plan = SimulationPlan(seed: seed &+ UInt64(run), cutovers: cutovers)
                        plan.isTraced = trace
                        let report = FleetSimulation.run(plan)
                        for line in report.lines { Terminal.print(line) }
                        if tally.add(report, seed: plan.seed) { stop.set() }
                    }
                }
            }
            while let busy = crew.first(where: { !$0.join(milliseconds: 0) }) {
                guard !busy.join(milliseconds: 1_000), !json else { continue }
                Terminal.note(tally.line(seconds: Double(Clock.steadyNs - begin) / 1e9))
            }
            let elapsed = Double(Clock.steadyNs - begin) / 1e9
            let result = tally.result(seconds: elapsed)
            if json { Terminal.printJSON(text: result.json) } else { Terminal.print(result.text(elapsed)) }
            guard let failure = result.failure else { return }
            throw CommandError(
                Exit.mismatch, "seed \(failure.seed):",
                details: failure.complaints + [
                    "replay it with: hashiflex simulate --seed \(failure.seed) --runs 1 --cutovers \(cutovers)"
                ])
        }
    }
}

/// What all runs together came to.
final class SimulationTally: Sendable {
    struct Failure: Sendable {
        let seed: UInt64
        let complaints: [String]
    }

    struct Result: Sendable {
        var runs = 0
        var total = SimulationReport()
        var failure: Failure?
        var seconds = 0.0

        func text(_ seconds: Double) -> String {
            let rows: [(String, String)] = [
                ("runs", Format.count(runs)),
                (
                    "cut-overs committed",
                    "\(Format.count(total.committed)), \(Format.count(total.committedInStorm)) of them under faults"
                ),
                (
                    "simulated",
                    "\(total.simulatedMs / 1_000) s, \(total.stormMs / 1_000) s of them with faults"
                ),
                ("cut-overs aborted", Format.count(total.aborted)),
                ("records read", Format.count(total.shards)),
                ("repeated, same bytes", Format.count(total.repeated)),
                ("kills, freezes, failures", "\(total.kills), \(total.freezes), \(total.failures)"),
                ("rebalances", "\(Format.count(total.rebalances)); \(total.namesTaken) names taken over"),
                ("transactions aborted", Format.count(total.aborts)),
                ("calls lost", Format.count(total.lostCalls)),
                ("markers repeated, false", "\(total.repeatedMarkers), \(total.falseMarkers)"),
                (
                    "gaps, offsets of others",
                    "\(total.gaps), \(total.meddled); \(total.moves) moves, \(total.resets) ledgers anew"
                ),
                (
                    "groups forgotten",
                    "\(total.forgotten); \(total.resumed) partitions resumed where they stood"
                ),
                ("topics created anew", "\(total.replaced)"),
                ("partitions added", "\(total.partitionsAdded); \(total.restated) cut-overs for them"),
                ("hostile records", Format.count(total.hostileRecords)),
                ("trace", String(total.trace, radix: 16)),
                (
                    "speed",
                    "\(Format.count(Int(Double(total.committedInStorm) / max(seconds, 1e-9)))) cut-overs/s under faults (measured)"
                ),
            ]
            return rows.map { $0.0.padding(toLength: 26, withPad: " ", startingAt: 0) + $0.1 }
                .joined(separator: "\n") + "\n" + (failure == nil ? "PASS" : "FAIL")
        }

        var json: String {
            let fields: [String: Any] = [
                "runs": runs, "committed": total.committed, "committed_under_faults": total.committedInStorm,
                "simulated_ms": total.simulatedMs, "simulated_ms_with_faults": total.stormMs,
                "aborted": total.aborted, "records": total.shards,
                "repeated": total.repeated, "kills": total.kills, "freezes": total.freezes,
                "failures": total.failures, "rebalances": total.rebalances,
                "names_taken_over": total.namesTaken, "aborts": total.aborts,
                "calls_lost": total.lostCalls, "markers_repeated": total.repeatedMarkers,
                "markers_false": total.falseMarkers, "gaps": total.gaps, "offsets_of_others": total.meddled,
                "moves": total.moves, "groups_forgotten": total.forgotten,
                "topics_created_anew": total.replaced,
                "partitions_resumed": total.resumed,
                "ledger_resets": total.resets,
                "partitions_added": total.partitionsAdded,
                "restated": total.restated, "hostile_records": total.hostileRecords,
                "trace": String(total.trace, radix: 16), "seconds": seconds, "passed": failure == nil,
                "complaints": failure?.complaints ?? [], "failed_seed": failure.map { "\($0.seed)" } ?? "",
            ]
            let data = try? JSONSerialization.data(withJSONObject: fields, options: [.sortedKeys])
            return String(decoding: data ?? Data(), as: UTF8.self)
        }
    }

    private let state = Mutex(Result())

    /// Adds a run; returns whether it failed. Traces are joined in an order that does not depend on threads.
    func add(_ report: SimulationReport, seed: UInt64) -> Bool {
        state.withLock { result in
            let trace = result.total.trace
            result.total.add(report)
            result.total.trace = trace &+ (report.trace &* (seed | 1))
            result.runs += 1
            guard !report.complaints.isEmpty else { return false }
            if result.failure == nil { result.failure = Failure(seed: seed, complaints: report.complaints) }
            return true
        }
    }

    func line(seconds: Double) -> String {
        state.withLock {
            "\(Format.count($0.runs)) runs, \(Format.count($0.total.committed)) cut-overs, "
                + "\(Format.count(Int(Double($0.total.committed) / max(seconds, 1e-9)))) cut-overs/s"
        }
    }

    func result(seconds: Double) -> Result {
        state.withLock { result in
            result.seconds = seconds
            return result
        }
    }
}
