internal import ControlPlane
internal import FleetMachines
internal import HardenedBackbone
internal import ImageDecoding
internal import Kafka
internal import PipelineMessages
internal import Synchronization
internal import Threads

/// Writes the worker's heartbeat at a fixed pace, and at once when a head was loaded or refused.
final class HeartbeatStage: Sendable {
    private let options: WorkerOptions
    private let conductor: WorkerConductor
    private let frozenHead: WorkerStatus.FrozenHead?
    private let meters: WorkerMeters
    private let tasks: BoundedQueue<ShardTask>
    private let writer: RecordWriter
    private let kicks = BoundedQueue<Bool>(capacity: 1)
    private let state = Mutex(WorkerStatus.State.starting)
    private let first: WorkerStatus

    init(
        options: WorkerOptions, conductor: WorkerConductor, meters: WorkerMeters,
        tasks: BoundedQueue<ShardTask>
    ) throws(KafkaError) {
        self.options = options
        self.conductor = conductor
        frozenHead = HeadLoader(options).frozenHead
        self.meters = meters
        self.tasks = tasks
        writer = try RecordWriter(options.kafka)
        var first = WorkerStatus(
            worker: options.worker, incarnation: options.incarnation, host: ProcessFacts.host,
            pid: ProcessFacts.pid, startedAtMs: Clock.wallMs, backbone: options.backbone,
            isa: options.plan.tier.rawValue, replicas: options.replicas)
        first.preprocessing = options.preprocessing.text
        self.first = first
    }

    /// Says where the worker stands from now on, if it still stands at `old`.
    func enter(_ new: WorkerStatus.State, from old: WorkerStatus.State? = nil) {
        state.withLock { if old == nil || $0 == old { $0 = new } }
        kick()
    }

    /// Writes a heartbeat soon.
    func kick() { kicks.offer(true) }

    /// Ends after a last heartbeat.
    func requestStop() { kicks.close() }

    func run() -> PlatformThread {
        PlatformThread("heartbeat") { [self] in
            var window = Window(meters, ns: Clock.steadyNs)
            while !kicks.isFinished {
                write(&window)
                // Several changes in a row make one heartbeat.
                _ = kicks.drain(milliseconds: options.heartbeatMs)
            }
            write(&window)
        }
    }

    private struct Window {
        let ns: Int64
        let images: Int64
        let replicaNs: Int64
        let npuNs: Int64

        init(_ meters: WorkerMeters, ns: Int64) {
            self.ns = ns
            images = meters.imagesScored.load(ordering: .relaxed)
            replicaNs = meters.replicaNs.load(ordering: .relaxed)
            npuNs = meters.npuNs.load(ordering: .relaxed)
        }
    }

    /// Most bytes of a heartbeat: a broker's and a client's limits of a record are about a million.
    private static let bytesMax = 900_000

    private func write(_ window: inout Window) {
        let now = Window(meters, ns: Clock.steadyNs)
        let elapsed = Double(max(1, now.ns - window.ns))
        var status = first
        status.state = state.withLock { $0 }
        status.atMs = Clock.wallMs
        status.frozenHead = frozenHead
        conductor.look { machine in
            status.headsReady = machine.headsReady
            status.refusals = machine.refusals
            status.frozenHead?.cutoversIgnored = machine.cutoversIgnored
            status.partitions = machine.partitions
            status.imagesCommitted = machine.imagesCommitted
            status.deadLetters = machine.deadLetters
        }
        status.imagesScored = now.images
        let opened = meters.shardsOpened.load(ordering: .relaxed)
        status.shardBytes = opened == 0 ? nil : meters.shardBytes.load(ordering: .relaxed) / opened
        status.imageErrors = meters.imageErrors.load(ordering: .relaxed)
        status.imagesPerSecond = Double(now.images - window.images) * 1e9 / elapsed
        status.queuedShards = tasks.count
        status.replicaUtilisation = min(
            1, Double(now.replicaNs - window.replicaNs) / elapsed / Double(options.replicas))
        status.npuUtilisation = min(1, Double(now.npuNs - window.npuNs) / elapsed)
        status.residentBytes = ProcessFacts.residentBytes
        // A window of a few milliseconds says nothing about the rate: keep the longer one.
        if elapsed > 2e8 { window = now }
        let record = RecordWriter.Record(
            topic: options.topics.status, key: Array("worker/\(options.worker)".utf8),
            value: status.encoded(within: Self.bytesMax))
        do throws(KafkaError) {
            try writer.write(record, timeoutMs: 2_000)
        } catch {
            // One that can not be written now is replaced by the next one; one that may not be written is not.
            if error.isRefusedAccess { conductor.tell(.readingFailed(CallFailure(error))) }
        }
    }
}
