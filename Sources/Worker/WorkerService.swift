internal import HardenedBackbone
internal import Kafka
internal import PipelineMessages
internal import Synchronization
internal import Threads

/// One worker: poll, decode, hardened datapath, shared NPU, publish, commit.
///
/// ```
/// poll ─▶ replicas (decode + backbone) ─▶ NPU ─▶ publisher ─▶ commit
///   ▲          one thread each          one thread   one thread
///   └── control: heads, cut-overs, commands        heartbeat ─▶ status
/// ```
///
/// All threads are the operating system's; all queues between them are bounded.
public final class WorkerService: Sendable {
    private let options: WorkerOptions
    private let log: @Sendable (String) -> Void
    private let stop = Signal()
    private let drain = Signal()
    private let failure = Mutex<WorkerFailure?>(nil)
    /// When something of each kind was last said.
    private let notes = Mutex<[Substring: Int64]>([:])

    /// A worker that says what matters through `log`, one line at a time.
    public init(_ options: WorkerOptions, log: @escaping @Sendable (String) -> Void) {
        self.options = options
        self.log = log
    }

    /// Lets the worker finish and commit what it took, then end.
    public func requestDrain() { drain.set() }

    /// Ends the worker without waiting for what it took; nothing is lost, some is done again.
    public func requestStop() {
        stop.set()
        drain.set()
    }

    /// Runs until it is drained, stopped or fails. Blocks; call from a thread of its own.
    ///
    /// - Throws: ``WorkerFailure`` when it could not go on; what was not committed is taken over.
    public func run() throws(WorkerFailure) {
        do throws(KafkaError) {
            try runThreads()
        } catch {
            throw .broker(error)
        }
        if let failure = failure.withLock({ $0 }) { throw failure }
    }

    private func runThreads() throws(KafkaError) {
        let meters = WorkerMeters()
        let board = AssignmentBoard()
        let store = HeadStore(options)
        let ignored = IgnoredCutovers()
        let tasks = BoundedQueue<ShardTask>(capacity: options.shardsInFlightMax)
        let features = BoundedQueue<FeatureBatch>(capacity: options.shardsInFlightMax)
        let outcomes = BoundedQueue<PublisherMessage>(capacity: 4 * options.shardsInFlightMax)
        let heartbeat = try HeartbeatStage(
            options: options, store: store, board: board, meters: meters, tasks: tasks, ignored: ignored)
        let onFailure: @Sendable (WorkerFailure) -> Void = { [self] in fail($0) }
        let control = try ControlFollower(
            options, store: store, ignored: ignored, onChange: { heartbeat.kick() },
            onDrain: { [self] in requestDrain() }, onFailure: onFailure)
        let consumer = try KafkaConsumer(
            options.kafka, groupID: options.topics.workerGroup, options: consumerOptions)
        let publisher = PublisherStage(
            input: outcomes, consumer: consumer, options: options, meters: meters, onFailure: onFailure)
        let replicas = ReplicaStage(
            plan: options.plan, preprocessing: options.preprocessing,
            featureCount: options.plan.network.featureCount, input: tasks, features: features,
            publisher: outcomes, meters: meters, isCurrent: { board.isCurrent($0) })
        let npu = NPUStage(input: features, output: outcomes, options: options, meters: meters)

        let heartbeatThread = heartbeat.run()
        let controlThread = control.run()
        // Heads first: a shard taken before would only wait for them.
        while !control.caughtUp.wait(milliseconds: 100), !drain.isSet {}
        let publisherThread = try publisher.run()
        let replicaThreads = replicas.run(count: options.replicas)
        let npuThread = npu.run()
        try consumer.subscribe([options.topics.shards])
        log("worker \(options.worker) is ready: \(options.replicas) replicas, \(options.plan.tier.rawValue)")
        if let frozen = store.frozenRefusal { log("worker \(options.worker): \(frozen)") }
        heartbeat.enter(.running)
        let intake = IntakeStage(
            options: options, consumer: consumer, control: control, store: store,
            ignored: ignored, tasks: tasks, publisher: publisher, publisherQueue: outcomes, board: board,
            onFailure: onFailure)
        let intakeThread = PlatformThread("poll") { [stop, drain] in
            var intake = intake
            intake.loop(stop: stop, drain: drain)
        }
        drain.wait()
        heartbeat.enter(.draining)
        intakeThread.join()
        tasks.close()
        for thread in replicaThreads { thread.join() }
        features.close()
        npuThread.join()
        outcomes.close()
        publisherThread.join()
        control.requestStop()
        controlThread.join()
        _ = consumer.close()
        heartbeat.enter(.stopped)
        heartbeat.requestStop()
        heartbeatThread.join()
        log("worker \(options.worker) stopped")
    }

    private var consumerOptions: ConsumerOptions {
        var result = ConsumerOptions(offsetReset: .error, sessionTimeoutMs: options.sessionTimeoutMs)
        result.queueKilobytes = options.prefetchKilobytes
        return result
    }

    /// Says something of a kind (the words before its first colon) once every five seconds at most: a broker
    /// that is away gives the same news in many words.
    private func note(_ text: String) {
        let kind = text.prefix { $0 != ":" }
        let now = Clock.steadyMs
        let isNews = notes.withLock { notes in
            guard now - notes[kind, default: -5_001] > 5_000 else { return false }
            notes[kind] = now
            return true
        }
        if isNews { log("worker \(options.worker): \(text)") }
    }

    private func fail(_ what: WorkerFailure) {
        guard what.isTerminal else { return note("\(what)") }
        log("worker \(options.worker): \(what)")
        failure.withLock { $0 = $0 ?? what }
        requestStop()
    }
}
