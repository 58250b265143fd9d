import Artifacts
import ControlPlane
import Cutover
import Kafka
import PipelineMessages
import Synchronization
import Threads

/// The coordinator: switches heads across the fleet and adds up its throughput.
///
/// It keeps nothing of its own. Cut-overs live in the control topic, the ledger in its own heartbeats
/// and the receipts; killing it stops no worker, and the next one goes on where it was.
public final class CoordinatorService: Sendable {
    private let options: CoordinatorOptions
    private let log: @Sendable (String) -> Void
    private let stop = Signal()

    /// A coordinator that says what matters through `log`.
    public init(_ options: CoordinatorOptions, log: @escaping @Sendable (String) -> Void) {
        self.options = options
        self.log = log
    }

    /// Ends the coordinator.
    public func requestStop() { stop.set() }

    /// Runs until stopped. Blocks; call from a thread of its own.
    ///
    /// - Throws: ``KafkaError`` when the broker can not be used at all.
    public func run() throws(KafkaError) {
        let cluster = try KafkaAdmin(options.kafka).metadata(timeoutMs: 15_000)
        let count = cluster.topics[options.topics.shards]?.partitions.count ?? 0
        guard count > 0 else {
            throw KafkaError(
                code: KafkaError.Code.unknownTopicOrPartition,
                doing: "cannot coordinate",
                detail: "topic \(options.topics.shards) does not exist; run hashiflex topics create")
        }
        let partitions = (0..<Int32(count)).map { $0 }
        let leadership = try Leadership(options)
        let leadershipThread = leadership.run(log: log)
        defer {
            leadership.requestStop()
            leadershipThread.join()
        }
        while !stop.isSet {
            guard leadership.isLeader else {
                _ = stop.wait(milliseconds: 50)
                continue
            }
            try lead(partitions, while: { leadership.isLeader && !self.stop.isSet })
        }
    }

    /// One term of leadership.
    private func lead(_ partitions: [Int32], while leads: () -> Bool) throws(KafkaError) {
        let writer = try RecordWriter(options.kafka)
        let status = try StatusTail(options.kafka, topics: options.topics, from: .beginning)
        defer { status.close() }
        var view = FleetView(livenessMs: options.livenessMs)
        view.catchUp(status)
        let ledger = LedgerFollower(
            options, restoring: view.lastCoordinator, partitions: partitions, log: log)
        let ledgerThread = try ledger.run()
        defer {
            ledger.requestStop()
            ledgerThread.join()
        }
        let tail = try ControlTail(options.kafka, topics: options.topics)
        defer { tail.close() }
        var rollout = try RolloutDriver(
            options: options, partitions: partitions, writer: writer, log: log)
        var beatAtMs: Int64 = 0
        while leads() {
            for event in tail.poll(timeoutMs: 10) {
                if case .caughtUp = event { rollout.isLive = true }
                rollout.take(event)
            }
            view.take(status)
            if rollout.isLive { try rollout.step(&view.machine) }
            if Clock.steadyMs - beatAtMs >= options.heartbeatMs {
                beatAtMs = Clock.steadyMs
                beat(writer, view, ledger.snapshot, rollout.log)
            }
        }
    }

    /// The alarm about workers whose records depend on who takes a shard.
    ///
    /// Two open backbones never meet so: the one that the head in force does not fit takes no shard.
    static func mixedBackbones(_ live: [WorkerStatus]) -> [String] {
        guard let frozen = live.first(where: { $0.frozenHead != nil }),
            let other = live.first(where: { $0.backbone != frozen.backbone })
        else { return [] }
        return [
            "\(frozen.worker) runs frozen backbone \(frozen.backbone.short), \(other.worker) backbone "
                + "\(other.backbone.short): a shard's bytes depend on who takes it; run one of them under another "
                + "topic prefix"
        ]
    }

    private func beat(
        _ writer: RecordWriter, _ view: FleetView, _ ledger: ThroughputLedger, _ activations: ActivationLog
    ) {
        var status = CoordinatorStatus(coordinator: options.name, atMs: Clock.wallMs)
        let live = view.machine.live(nowMs: Clock.steadyMs)
        status.liveWorkers = live.count
        status.imagesPerSecond = min(live.reduce(0) { $0 + $1.imagesPerSecond }, RecordBounds.rate.upperBound)
        status.openCutovers = activations.open.map { "\($0.label) \($0.state.rawValue)" }
        status.ledger = ledger.entries
        status.partitions = ledger.partitionEntries
        status.imagesCommitted = min(ledger.imagesCounted, RecordBounds.count.upperBound)
        status.alarms = ledger.alarms + Self.mixedBackbones(live)
        status.twin = options.twin()?.measured(live)
        // One that can not be written now is replaced by the next one.
        _ = try? writer.write(
            RecordWriter.Record(
                topic: options.topics.status, key: Array("coordinator".utf8),
                value: JSONRecord.encode(status)), timeoutMs: 2_000)
    }
}
