internal import FleetMachines
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
    /// A broker that is away gives the same news in many words.
    private let lines: LineLimiter

    /// A worker that says what matters through `log`, one line at a time.
    public init(_ options: WorkerOptions, log: @escaping @Sendable (String) -> Void) {
        self.options = options
        self.log = log
        let worker = options.worker
        lines = LineLimiter { log("worker \(worker): \($0)") }
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
            // Told to end while it waited for the broker: nothing was taken yet.
            guard !drain.isSet || !error.mayPass else { return }
            throw .broker(error)
        }
        if let failure = failure.withLock({ $0 }) { throw failure }
    }

    private func runThreads() throws(KafkaError) {
        let meters = WorkerMeters()
        let conductor = WorkerConductor(options, say: { [lines] in lines.say($0) })
        defer { lines.settle() }
        let tasks = BoundedQueue<ShardTask>(capacity: options.shardsInFlightMax)
        let features = BoundedQueue<FeatureBatch>(capacity: options.shardsInFlightMax)
        let heartbeat = try HeartbeatStage(
            options: options, conductor: conductor, meters: meters, tasks: tasks)
        let control = try ControlFollower(
            options, conductor: conductor, onChange: { heartbeat.kick() },
            onDrain: { [self] in requestDrain() }, lines: lines)
        let consumer = try KafkaConsumer(
            options.kafka, groupID: options.topics.workerGroup, options: consumerOptions)
        let questions = try WorkerQuestions(options, conductor: conductor, shards: consumer)
        let memberships = Memberships()
        let heartbeatThread = heartbeat.run()
        let controlThread = control.run()
        let questionsThread = questions.run()
        defer {
            control.requestStop()
            questions.requestStop()
            controlThread.join()
            questionsThread.join()
            heartbeat.enter(.stopped)
            heartbeat.requestStop()
            heartbeatThread.join()
        }
        // Heads first: a shard taken before would only wait for them.
        while !control.caughtUp.wait(milliseconds: 100), !drain.isSet, !conductor.ended.isSet {}
        let writer = try WorkerWriter(
            options, conductor: conductor, consumer: consumer, memberships: memberships, stop: drain)
        let reader = try WorkerReader(
            options, conductor: conductor, consumer: consumer, memberships: memberships, tasks: tasks,
            onJoined: { [self] in
                log(
                    "worker \(options.worker) is ready: \(options.replicas) replicas, \(options.plan.tier.rawValue)"
                )
                heartbeat.enter(.running, from: .starting)
            },
            onRefused: { [self] error in failure.withLock { $0 = $0 ?? .broker(error) } })
        let replicas = ReplicaStage(
            plan: options.plan, preprocessing: options.preprocessing,
            featureCount: options.plan.network.featureCount, input: tasks, features: features,
            conductor: conductor, meters: meters,
            memory: ByteBudget(
                bytes: options.decodeBytesMax, uncounted: WorkerOptions.decodeBytesUncounted))
        let npu = NPUStage(input: features, conductor: conductor, options: options, meters: meters)
        try consumer.subscribe([options.topics.shards])
        if let frozen = HeadLoader(options).frozenRefusal { log("worker \(options.worker): \(frozen)") }
        let writerThread = writer.run()
        let replicaThreads = replicas.run(count: options.replicas)
        let npuThread = npu.run()
        let readerThread = reader.run()
        let ending = PlatformThread("ending") { [self] in
            while !conductor.ended.isSet, !drain.wait(milliseconds: 100) {
                // The writing hand may be held up by a broker that is out of reach.
                conductor.tell(.tick)
                lines.tellOverdue()
            }
            guard !conductor.ended.isSet else { return }
            heartbeat.enter(.draining)
            conductor.tell(.drain)
            while !conductor.ended.isSet, !stop.wait(milliseconds: 100) { conductor.tell(.tick) }
            conductor.tell(.stop)
        }
        conductor.ended.wait()
        readerThread.join()
        tasks.close()
        for thread in replicaThreads { thread.join() }
        features.close()
        npuThread.join()
        writerThread.join()
        ending.join()
        _ = consumer.close()
        if let text = conductor.failureText { failure.withLock { $0 = $0 ?? .stopped(text) } }
        log("worker \(options.worker) stopped\(conductor.failureText.map { ": \($0)" } ?? "")")
    }

    private var consumerOptions: ConsumerOptions {
        var result = ConsumerOptions(
            offsetReset: .error, reportsPartitionEnd: true, sessionTimeoutMs: options.sessionTimeoutMs)
        result.queueKilobytes = options.prefetchKilobytes
        if options.isNameKept { result.groupInstanceID = "worker-\(options.worker)" }
        return result
    }
}
