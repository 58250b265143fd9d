import ArgumentParser
import ControlPlane
import Foundation
import Kafka
import PipelineMessages
import Threads

/// `hashiflex top`.
struct TopCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top", abstract: "Watch the fleet live: images/s, heads, memory, alarms.",
        discussion: "Plain lines when standard error is no terminal. Ctrl-C ends it.")

    @OptionGroup var connection: ConnectionOptions
    @Option(help: "Seconds between views.") var interval = 1.0
    @Option(help: "End after this many views; 0 for never.") var count = 0
    @Flag(help: "Print JSON, one heartbeat a line, as they come.") var json = false

    func validate() throws {
        try requireRange("--interval", interval, in: 0.1...86_400)
        try requireRange("--count", count, in: OptionRange.count)
    }

    func run() throws {
        let stop = Signal()
        Signals.onTermination { stop.set() }
        try runCommand {
            let link = try connection.connect(as: "top", until: stop, \.status)
            let tail = try StatusTail(link.kafka, topics: link.topics, from: .beginning)
            defer { tail.close() }
            var snapshot = FleetSnapshot()
            var rhythm = ViewRhythm(seconds: interval, at: .now)
            var shown = 0
            let lines = LineLimiter { Terminal.complain($0) }
            defer { lines.settle() }
            while !stop.isSet, count == 0 || shown < count {
                if let (event, stamp) = tail.stamped(timeoutMs: 50) {
                    if case .error(let error) = event {
                        if error.isFatal { throw error }
                        lines.say("status topic: \(error)")
                    }
                    snapshot.take(event, stamp)
                    if json { show(event) }
                }
                let isDue =
                    json ? rhythm.isDue(at: .now) : rhythm.isDue(snapshot, [.worker, .coordinator], at: .now)
                guard isDue else { continue }
                shown += 1
                guard !json else { continue }
                let lines = snapshot.lines()
                if Terminal.isInteractive {
                    Terminal.draw(lines)
                } else {
                    lines.forEach { Terminal.print($0) }
                }
            }
            Terminal.settle()
        }
    }

    private func show(_ event: StatusTail.Event) {
        switch event {
        case .worker(let status): Terminal.printJSON(status)
        case .coordinator(let status): Terminal.printJSON(status)
        case .fleet(let status): Terminal.printJSON(status)
        case .caughtUp, .error: break
        }
    }
}
