import ArgumentParser
import Artifacts
import ChipModel
import ControlPlane
import HardenedModel
import Kafka
import PipelineMessages
import Threads

/// `hashiflex chip twin`.
struct ChipTwinCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "twin",
        abstract: "See the live fleet beside the chip that its artefact would be.",
        discussion: """
            The fleet's images/s are measured, the chip's figures modelled, each in a column of its own. Energy is \
            the chip's; nothing measures the fleet's. Ctrl-C ends the live view.

            Examples:
              hashiflex chip twin --once
              hashiflex chip twin model.safetensors --head head.safetensors
              hashiflex chip twin --measured 2500 --preset classes
            """)

    @OptionGroup var model: ChipModelArgument
    @OptionGroup var options: ChipDesignOptions
    @OptionGroup var cost: ChipCostOptions
    @OptionGroup var connection: ConnectionOptions
    @Option(help: "Images/s of a fleet, measured by you: asks no broker.") var measured: Double?
    @Flag(help: "Show one view and end.") var once = false
    @Option(help: "Seconds between views.") var interval = 1.0
    @Option(help: "End after this many views; 0 for never.") var count = 0
    @Flag(help: "Print JSON, one view a line.") var json = false

    func validate() throws {
        try requireRange("--measured", measured, in: ChipTwin.rateRange)
        try requireRange("--interval", interval, in: 0.1...86_400)
        try requireRange("--count", count, in: OptionRange.count)
        if once, count > 1 { throw ValidationError("give --once or --count, not both") }
    }

    func run() throws {
        let stop = Signal()
        Signals.onTermination { stop.set() }
        try runCommand {
            let loaded = try model.load()
            let chip = try ModelledDesign(loaded, options, cost)
            // Before the adders are counted: without a broker there is no view.
            let link = try measured == nil ? connection.connect(as: "chip", until: stop, \.status) : nil
            let view = TwinView(chip, twin: try chip.twin())
            guard let link else { return show(view, TwinView.Measured(given: measured ?? 0)) }
            let name = model.model ?? "the built-in backbone"
            if once {
                let fleet = FleetMeasurement(
                    try FleetSnapshot.read(link, listeningFor: [.worker]), of: loaded.digest)
                try fleet.check(model: name, digest: loaded.digest)
                return show(view, TwinView.Measured(fleet))
            }
            try watch(link, view, loaded.digest, name, stop)
        }
    }

    /// Views until the count is reached or a signal comes; a fleet of other artefacts only is refused at once.
    private func watch(
        _ link: Connection, _ view: TwinView, _ digest: ContentDigest, _ name: String, _ stop: Signal
    ) throws {
        let tail = try StatusTail(link.kafka, topics: link.topics, from: .beginning)
        defer { tail.close() }
        var snapshot = FleetSnapshot()
        var rhythm = ViewRhythm(seconds: interval, at: .now)
        var shown = 0
        while !stop.isSet, count == 0 || shown < count {
            if let (event, stamp) = tail.stamped(timeoutMs: 50) {
                if case .error(let error) = event, error.isFatal { throw error }
                snapshot.take(event, stamp)
            }
            guard rhythm.isDue(snapshot, [.worker], at: .now) else { continue }
            shown += 1
            let fleet = FleetMeasurement(snapshot, of: digest)
            if !fleet.strangers.isEmpty { try fleet.check(model: name, digest: digest) }
            show(view, TwinView.Measured(fleet), isLive: true)
        }
        Terminal.settle()
    }

    private func show(_ view: TwinView, _ measured: TwinView.Measured, isLive: Bool = false) {
        if json { return Terminal.printJSON(view.record(measured)) }
        let lines = view.lines(measured)
        if isLive, Terminal.isInteractive {
            Terminal.draw(lines)
        } else {
            lines.forEach { Terminal.print($0) }
        }
    }
}
