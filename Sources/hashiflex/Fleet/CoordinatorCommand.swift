import ArgumentParser
import ChipModel
import Coordinator
import Foundation
import Kafka
import PipelineMessages
import Threads

/// `hashiflex coordinator`.
struct CoordinatorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coordinator",
        abstract: "Switch heads across the fleet and add up its throughput.",
        discussion: """
            Run one, or several: one leads, the others stand by, and within 8 s of its last sign one of them \
            leads. It keeps no files; killing it stops no worker and loses nothing, the next one goes on from the \
            topics.
            """)

    @OptionGroup var connection: ConnectionOptions

    @Option(
        help: ArgumentHelp(
            "Name of the coordinator. Default: host and process id.",
            discussion:
                "A coordinator that is started again under its own name leads again at once; only one may have a name. "
                + "Without one, and for all others, it takes until the group has forgotten the dead one, 8 s at most."
        ))
    var name: String?

    @Option(help: "A worker counts as live this long after its last heartbeat, milliseconds.")
    var livenessMs: Int64?

    @Option(
        help: ArgumentHelp(
            "Show the modelled chip of this artefact beside the fleet: a file, or built-in.",
            discussion: "Default: none. In the status and in `hashiflex top`; the design is --chip-preset."))
    var chip: String?

    @Option(help: "The design of --chip: rows or classes.") var chipPreset: ChipPreset?

    @Flag(help: "End when the process that started this one ends.")
    var exitWithParent = false

    /// Two writers, markers, positions, leadership, three followers of which the last term's may still be closing,
    /// three that ask about topics, one that asks about nodes with two probes of which one may still be closing, one that looks
    /// for open transactions, and one that looks who leads.
    private static let clients = 19

    func validate() throws {
        if let name { try requireName(name) }
        try requireRange("--liveness-ms", livenessMs, in: 100...3_600_000)
        if chipPreset != nil, chip == nil { throw ValidationError("--chip-preset needs --chip") }
    }

    func run() throws {
        let coordinator = Mailbox<CoordinatorService>()
        Signals.onTermination {
            guard let service = coordinator.value else { Foundation.exit(0) }
            service.requestStop()
        }
        try runCommand {
            // First, so that a bad artefact is said before this coordinator leads.
            let design = try chip.map { try ModelledDesign(named: $0, preset: chipPreset ?? .rows) }
            try OpenFiles.require(clients: Self.clients, brokers: 1)
            let isNamed = name != nil
            let name = name ?? "\(ProcessFacts.host)-\(ProcessFacts.pid)"
            let link = try connection.connect(
                as: "coordinator", named: name, \.shards, \.control, \.status, \.receipts)
            try OpenFiles.require(clients: Self.clients, brokers: link.cluster.brokers.count)
            try link.requireRights(of: .coordinator)
            var options = CoordinatorOptions(
                name: name, kafka: link.kafka, topics: link.topics)
            options.patience = link.patience
            // The least that a broker allows unless somebody has set its group.min.session.timeout.ms.
            options.sessionTimeoutMs = link.isEmbedded ? 3_500 : 6_000
            options.livenessMs = livenessMs ?? (link.isEmbedded ? 3_000 : 10_000)
            options.keepsPositions = !link.isEmbedded
            options.isKafka = !link.isEmbedded
            options.isNameKept = isNamed
            options.offsetBytesMax = link.offsetBytesMax
            if options.offsetBytesMax == nil, !link.isEmbedded {
                Terminal.note(
                    "what the brokers keep beside an offset (offset.metadata.max.bytes) is not told to this user; "
                        + "\(PartitionProgress.textBytesMax) bytes are taken")
            }
            if let design { options.twin = Self.twin(of: design) }
            let service = CoordinatorService(options, log: { Terminal.note($0) })
            coordinator.value = service
            if exitWithParent { Signals.onParentDeath { service.requestStop() } }
            try service.run()
        }
    }

    /// The chip's figures, as soon as its adders are counted on a thread beside the coordinator.
    private static func twin(of design: ModelledDesign) -> @Sendable () -> ChipTwinStatus? {
        let found = Mailbox<ChipTwinStatus>()
        _ = PlatformThread("chip") {
            do {
                found.value = try design.status()
            } catch {
                Terminal.note("--chip: no figures: \((error as? CommandError)?.text ?? "\(error)")")
            }
        }
        return { found.value }
    }
}
