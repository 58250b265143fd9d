import ArgumentParser
import Foundation
import HardenedBackbone
import HardenedModel
import Kafka
import PipelineMessages
import Threads
import Worker

/// `hashiflex worker`.
struct WorkerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker",
        abstract: "Run one worker: classify shards until it is told to stop.",
        discussion: """
            SIGTERM and SIGINT let it finish and commit what it took; a further one, 2 s or more later, \
            ends it at once. \
            Killing it loses nothing: its shards go to another worker, which writes the same bytes.
            """)

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var tuning: WorkerTuning

    @Option(help: "Name of the worker, unique and stable in the fleet. Default: host and process id.")
    var name: String?

    @OptionGroup var membership: WorkerMembership

    @Flag(help: "End when the process that started this one ends.")
    var exitWithParent = false

    /// Heads, heartbeat, shards, predictions; one that reads the heads again, and two that ask about topics; the heads' last reader,
    /// which may still be closing, two that ask one node alone, and one that asks who leads.
    private static let clients = 11

    func validate() throws {
        if let name { try requireName(name) }
        if membership.staticMember, name == nil {
            throw ValidationError("--static-member needs --name: it is the name that the group remembers")
        }
    }

    func run() throws {
        let worker = Mailbox<WorkerService>()
        Signals.onTermination {
            guard let service = worker.value else { Foundation.exit(0) }
            service.requestDrain()
        }
        try runCommand {
            let model = try tuning.model.load()
            let plan = try tuning.model.plan(of: model.backbone)
            try OpenFiles.require(clients: Self.clients, brokers: 1)
            let name = name ?? "\(ProcessFacts.host)-\(ProcessFacts.pid)"
            let link = try connection.connect(as: "worker", named: name)
            try OpenFiles.require(clients: Self.clients, brokers: link.cluster.brokers.count)
            try tuning.requireDelivery(isEmbedded: link.isEmbedded)
            try tuning.requireSession(link.kafka)
            try tuning.requireTopK(link.kafka, link.topics)
            try membership.require(link)
            try link.requireWorkerTopics()
            try link.requireRights(of: .worker)
            var options = WorkerOptions(
                worker: name,
                incarnation: ProcessFacts.randomName(), kafka: link.kafka, topics: link.topics, plan: plan,
                preprocessing: model.backbone.statedPreprocessing,
                replicas: tuning.replicas ?? ProcessFacts.processors)
            options.patience = link.patience
            options.isNameKept = membership.staticMember
            tuning.apply(to: &options, isEmbedded: link.isEmbedded)
            options.backbone = model.digest
            if let head = model.frozenHead, let frozen = model.frozen {
                options.frozenHead = (head, frozen.label)
            }
            let service = WorkerService(options, log: { Terminal.note($0) })
            worker.value = service
            if exitWithParent { Signals.onParentDeath { service.requestDrain() } }
            do {
                try service.run()
            } catch WorkerFailure.broker(let error) where error.isRefusedSetting {
                throw CommandError(ExitCode(64), "\(error); give another --session-timeout-ms")
            } catch let failure as WorkerFailure {
                throw CommandError(Exit.unavailable, "worker stopped: \(failure)")
            }
        }
    }
}

/// How workers run; shared by `worker`, `fleet up`, `bench pipeline` and `demo`.
struct WorkerTuning: ParsableArguments {
    @OptionGroup var model: ModelOptions

    @Option(help: "Datapath replicas, one thread each. Default: one a processor.")
    var replicas: Int?

    @Option(help: "at-least-once (repeats are byte-identical) or exactly-once (Kafka transactions).")
    var delivery: DeliveryGuarantee = .atLeastOnce

    @Option(help: "Best classes listed in a prediction.")
    var topK = 5

    @Option(help: "Least time between commits, milliseconds.")
    var commitIntervalMs: Int64 = 100

    @Option(help: "The group gives a silent worker's partitions away after this, milliseconds.")
    var sessionTimeoutMs: Int?

    @Option(help: "Shards that may be fetched ahead, kilobytes: at least a second of traffic.")
    var prefetchKb = 32_768

    @Option(help: "Bytes of heads kept in memory; those not needed soon are unloaded beyond.")
    var headBytesMax = 536_870_912

    @Option(
        help: ArgumentHelp(
            "Memory for decoded pictures of all replicas together, MiB.",
            discussion:
                "A larger picture is decoded alone. Default: 256, or 64 a replica where that is more."))
    var decodeMemoryMb: Int?

    func validate() throws {
        try requireRange("--decode-memory-mb", decodeMemoryMb, in: 16...1_048_576)
        try requireRange("--replicas", replicas, in: 1...1_024)
        try requireRange("--top-k", topK, in: 1...65_536)
        try requireRange("--commit-interval-ms", commitIntervalMs, in: OptionRange.milliseconds)
        // The bounds of librdkafka's session.timeout.ms and queued.max.messages.kbytes.
        try requireRange("--session-timeout-ms", sessionTimeoutMs, in: 1...3_600_000)
        try requireRange("--prefetch-kb", prefetchKb, in: 1_024...2_097_151)
        try requireRange("--head-bytes-max", headBytesMax, in: 1_048_576...1_099_511_627_776)
    }

    /// The backbone, packed for the tier asked for.
    func plan() throws -> BackbonePlan { try model.plan() }

    /// Checks that the broker can do what was asked for.
    ///
    /// - Throws: `CommandError` 64 for transactions on the embedded broker, which takes them and doubles images.
    func requireDelivery(isEmbedded: Bool) throws {
        guard delivery == .exactlyOnce, isEmbedded else { return }
        throw CommandError(
            ExitCode(64),
            "--delivery exactly-once needs transactions, which the embedded broker has not; leave it out (repeats are "
                + "byte-identical) or connect to Apache Kafka")
    }

    /// Checks that a session timeout that was asked for can be had.
    ///
    /// - Throws: `CommandError` 64 under the group protocol that leaves it to the broker.
    func requireSession(_ kafka: KafkaConfiguration) throws {
        guard sessionTimeoutMs != nil, kafka.usesConsumerProtocol else { return }
        throw CommandError(
            ExitCode(64),
            "--session-timeout-ms: with group.protocol=consumer the broker decides it "
                + "(group.consumer.session.timeout.ms); leave it out")
    }

    /// Checks that predictions of so many classes can be sent, whatever the classes are called.
    ///
    /// - Throws: `CommandError` 64 that says how many fit.
    func requireTopK(_ kafka: KafkaConfiguration, _ topics: TopicNames) throws {
        let stated = kafka.value(of: "message.max.bytes").flatMap { Int($0) }
        let bytes = stated ?? WorkerOptions.messageBytesUsual
        let most = WorkerOptions.topKMax(messageBytes: bytes)
        guard topK > most else { return }
        throw CommandError(
            ExitCode(64),
            "--top-k \(topK): a prediction that lists so many classes may exceed message.max.bytes (\(bytes)), \(most) "
                + "always fit; list fewer, or raise it, and max.message.bytes of topic \(topics.predictions)")
    }

    /// Sets what was asked for.
    func apply(to options: inout WorkerOptions, isEmbedded: Bool) {
        options.delivery = delivery
        options.topK = topK
        options.commitIntervalMs = commitIntervalMs
        options.prefetchKilobytes = prefetchKb
        options.headBytesMax = headBytesMax
        if let decodeMemoryMb { options.decodeBytesMax = decodeMemoryMb << 20 }
        // The embedded broker forgets members within the 3 s that a first join takes there, unless this is longer;
        // a rebalance lasts 1 s less than this.
        options.sessionTimeoutMs = sessionTimeoutMs ?? (isEmbedded ? 3_500 : 10_000)
    }

    /// Arguments that hand the same tuning to a child process.
    var childArguments: [String] {
        var arguments = [
            "--delivery", delivery.rawValue, "--top-k", "\(topK)", "--commit-interval-ms",
            "\(commitIntervalMs)", "--prefetch-kb", "\(prefetchKb)", "--head-bytes-max", "\(headBytesMax)",
        ]
        if let model = model.model { arguments += ["--model", model] }
        if let isa = model.isa { arguments += ["--isa", isa] }
        if let replicas { arguments += ["--replicas", "\(replicas)"] }
        if let decodeMemoryMb { arguments += ["--decode-memory-mb", "\(decodeMemoryMb)"] }
        if let sessionTimeoutMs { arguments += ["--session-timeout-ms", "\(sessionTimeoutMs)"] }
        return arguments
    }
}

extension DeliveryGuarantee: ExpressibleByArgument {}
