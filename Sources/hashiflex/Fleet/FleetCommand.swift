import ArgumentParser
import Foundation
import Kafka
import PipelineMessages
import Threads

/// `hashiflex fleet`.
struct FleetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fleet", abstract: "Run and steer the workers of one machine.",
        subcommands: [Up.self, Scale.self, Drain.self, Status.self])

    /// `hashiflex fleet up`.
    struct Up: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Start workers and keep them running; a worker that dies is started again.",
            discussion:
                "SIGTERM and SIGINT drain all workers. Workers of other machines join by `fleet up` there.")

        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var tuning: WorkerTuning

        @Option(help: "How many workers (1-256).")
        var workers = 2

        @Option(
            help:
                "Name of the fleet on this machine; its workers are NAME-1, NAME-2, ... Default: the host's name."
        )
        var name: String?

        @OptionGroup var membership: WorkerMembership

        @Flag(help: "End when the process that started this one ends.")
        var exitWithParent = false

        func validate() throws {
            try requireRange("--workers", workers, in: 1...256)
            if let name { try requireName(name) }
        }

        func run() throws {
            let stop = Signal()
            Signals.onTermination { stop.set() }
            if exitWithParent { Signals.onParentDeath { stop.set() } }
            try runCommand {
                _ = try tuning.plan()  // before any child: a bad model is said once, here
                let name = name ?? FleetName.ofThisMachine
                let link = try connection.connect(as: "fleet", named: name, until: stop)
                try tuning.requireDelivery(isEmbedded: link.isEmbedded)
                try tuning.requireSession(link.kafka)
                try tuning.requireTopK(link.kafka, link.topics)
                try membership.require(link)
                try link.requireWorkerTopics()
                try link.requireRights(of: .worker)
                let arguments =
                    ["worker", "--exit-with-parent"] + (try connection.childArguments())
                    + tuning.childArguments + membership.childArguments
                    + (tuning.replicas == nil ? defaultReplicas : [])
                var supervisor = FleetSupervisor(
                    name: name, target: workers, arguments: arguments,
                    environment: try connection.childEnvironment(), link: link, stop: stop)
                try supervisor.run()
            }
        }

        /// Workers share the machine: together one replica a processor.
        private var defaultReplicas: [String] {
            ["--replicas", "\(max(1, ProcessFacts.processors / workers))"]
        }
    }

    /// `hashiflex fleet scale`.
    struct Scale: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Change how many workers a fleet runs.")

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "How many workers (0-256).") var workers: Int
        @OptionGroup var fleet: FleetChoice

        func validate() throws {
            guard (0...256).contains(workers) else {
                throw ValidationError("a fleet has 0 to 256 workers, not \(workers)")
            }
        }

        func run() throws {
            try runCommand {
                let link = try connection.connect(as: "fleet", \.control)
                let name = try fleet.resolve(link)
                try send(.fleet(name), FleetCommandRecord(workers: workers, issuedAtMs: Clock.wallMs), link)
                Terminal.print("fleet \(name) is to run \(workers) workers")
            }
        }
    }

    /// `hashiflex fleet drain`.
    struct Drain: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let one worker, or a whole fleet, finish what it took and stop.")

        @OptionGroup var connection: ConnectionOptions
        @Option(help: "The worker to drain. Default: the whole fleet.") var worker: String?
        @OptionGroup var fleet: FleetChoice

        func validate() throws {
            if worker != nil, fleet.name != nil {
                throw ValidationError(
                    "--worker and --name exclude each other: a worker's name says which it is")
            }
        }

        func run() throws {
            try runCommand {
                let link = try connection.connect(as: "fleet", \.control)
                let drain = FleetCommandRecord(drain: true, issuedAtMs: Clock.wallMs)
                if let worker {
                    try send(.worker(worker), drain, link)
                    Terminal.print("worker \(worker) is to drain")
                } else {
                    let name = try fleet.resolve(link)
                    try send(.fleet(name), drain, link)
                    Terminal.print("fleet \(name) is to drain")
                }
            }
        }
    }

    /// `hashiflex fleet status`.
    struct Status: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show who is working, on what, how fast.")

        @OptionGroup var connection: ConnectionOptions
        @Flag(help: "Print JSON, one heartbeat a line.") var json = false

        func run() throws {
            try runCommand {
                let link = try connection.connect(as: "fleet", \.status)
                let snapshot = try FleetSnapshot.read(
                    link, listeningFor: json ? [.worker, .coordinator, .fleet] : [.worker, .coordinator])
                if json {
                    for worker in snapshot.liveWorkers { Terminal.printJSON(worker) }
                    for fleet in snapshot.liveFleets(at: .now) { Terminal.printJSON(fleet) }
                    if let coordinator = snapshot.liveCoordinator(at: .now) {
                        Terminal.printJSON(coordinator)
                    }
                } else {
                    for line in snapshot.lines() { Terminal.print(line) }
                }
                guard !snapshot.liveWorkers.isEmpty else {
                    throw CommandError(Exit.mismatch, "no worker has sent a heartbeat lately")
                }
                if let refused = snapshot.refusedShards() { throw CommandError(Exit.mismatch, refused) }
            }
        }
    }
}

/// The control record; the command line's own type has the same short name.
typealias FleetCommandRecord = PipelineMessages.FleetCommand

private func send(_ key: ControlKey, _ command: FleetCommandRecord, _ link: Connection) throws {
    try link.writeControl(key: key, JSONRecord.encode(command))
}
