import Foundation
import Testing

/// An embedded broker with a coordinator and a fleet, each in processes of their own.
final class Deployment {
    let broker: Background
    let brokers: String
    private(set) var coordinator: Background
    private(set) var fleet: Background?
    private let fleetName = "fleet"
    let model: QuickModel?

    /// - Parameter model: What the workers run in place of the built-in backbone.
    init(workers: Int, partitions: Int = 16, model: QuickModel? = nil) throws {
        self.model = model
        broker = try Background(["broker", "--private", "--control-stdin", "--partitions", "\(partitions)"])
        let started = broker
        _ = eventually(seconds: 30) { started.text.contains("\n") }
        brokers = broker.text.split(separator: "\n").first.map(String.init) ?? ""
        try #require(brokers.contains(":"), "the broker printed no address: \(broker.text)")
        coordinator = try Background(["coordinator", "--brokers", brokers])
        if workers > 0 {
            fleet = try Background(
                [
                    "fleet", "up", "--brokers", brokers, "--workers", "\(workers)", "--name", fleetName,
                    "--exit-with-parent",
                ]
                    + (model?.workerArguments ?? []))
            try waitForWorkers(workers)
        }
    }

    deinit {
        // The fleet's workers end with it; ending it in order lets them leave at once.
        _ = fleet?.finish(seconds: 20)
    }

    /// Runs a command against this broker.
    @discardableResult
    func run(_ arguments: String..., input: Data? = nil, seconds: Double = 120) throws -> Program.Outcome {
        try Program.run(arguments + ["--brokers", brokers], input: input, seconds: seconds)
    }

    /// Runs a command that must succeed.
    @discardableResult
    func succeed(_ arguments: String..., input: Data? = nil) throws -> Program.Outcome {
        let outcome = try Program.run(arguments + ["--brokers", brokers], input: input)
        try #require(
            outcome.code == 0, "\(arguments): code \(outcome.code)\n\(outcome.output)\(outcome.errors)")
        return outcome
    }

    /// Starts a command in the background.
    func start(_ arguments: String...) throws -> Background {
        try Background(arguments + ["--brokers", brokers])
    }

    func restartCoordinator() throws { coordinator = try Background(["coordinator", "--brokers", brokers]) }

    /// Waits until `count` workers own partitions.
    func waitForWorkers(_ count: Int) throws {
        let ready = try eventually(seconds: 40) {
            try workers().filter { !($0.partitions.isEmpty) && $0.state == "running" }.count >= count
        }
        try #require(ready, "\(count) workers were not ready; fleet says:\n\(fleet?.text ?? "")")
    }

    struct Worker: Decodable {
        struct Partition: Decodable { let partition: Int, head: String?, blocked: String? }
        let worker: String
        let pid: Int32
        let state: String
        let partitions: [Partition]
        let residentBytes: Int64
        let imagesScored: Int64
    }

    /// What the workers' heartbeats say.
    func workers() throws -> [Worker] {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try run("fleet", "status", "--json").lines.compactMap {
            try? decoder.decode(Worker.self, from: Data($0.utf8))
        }
    }

    struct Ledger: Decodable {
        let imagesCommitted: Int64
        let alarms: [String]
    }

    /// What the coordinator's heartbeat says.
    func ledger() throws -> Ledger? {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try run("fleet", "status", "--json").lines.compactMap {
            try? decoder.decode(Ledger.self, from: Data($0.utf8))
        }.last
    }

    /// Pushes a head that must come into force.
    func push(_ head: String, _ more: String...) throws {
        let outcome = try Program.run(["head", "push", head] + more + ["--brokers", brokers])
        try #require(outcome.code == 0, "head push \(head): \(outcome.errors)")
    }

    /// Waits until `images` distinct images have records, as kcat, which is not ours, counts them.
    func waitForPredictions(_ images: Int, seconds: Double = 120) throws -> IndependentCount {
        var count = IndependentCount()
        _ = try eventually(seconds: seconds) {
            count = try IndependentCount(brokers: brokers)
            return count.images >= images
        }
        return count
    }
}

/// What an independent reader finds in the predictions topic.
struct IndependentCount {
    var images = 0
    var records = 0
    var differing = 0

    init() {}

    /// Reads the whole topic with kcat: key, tab, value.
    init(brokers: String) throws {
        let outcome = try Program.run(
            [
                "-C", "-b", brokers, "-t", "hashiflex.predictions", "-o", "beginning", "-e", "-q", "-f",
                "%k\t%s\n", "-X", "fetch.wait.max.ms=10", "-X", "auto.offset.reset=error",
            ], executable: "/usr/bin/kcat")
        try #require(outcome.code == 0, "kcat: \(outcome.errors)")
        var values: [Substring: Substring] = [:]
        for line in outcome.output.split(separator: "\n") {
            let parts = line.split(separator: "\t", maxSplits: 1)
            guard parts.count == 2 else { continue }
            records += 1
            if let known = values[parts[0]] {
                if known != parts[1] { differing += 1 }
            } else {
                values[parts[0]] = parts[1]
            }
        }
        images = values.count
    }
}
