internal import ControlPlane
internal import Cutover
internal import Kafka
internal import PipelineMessages
internal import Synchronization
internal import Threads

/// Follows the control topic on a thread of its own: loads heads, keeps the cut-over log, hears commands.
final class ControlFollower: Sendable {
    private let log = Mutex(ActivationLog())
    private let store: HeadStore
    private let ignored: IgnoredCutovers
    private let tail: ControlTail
    private let worker: String
    private let startedAtMs: Int64
    private let stop = Signal()
    private let onChange: @Sendable () -> Void
    private let onDrain: @Sendable () -> Void
    private let onFailure: @Sendable (WorkerFailure) -> Void
    /// Set once everything that was in the topic at the start has been read.
    let caughtUp = Signal()

    init(
        _ options: WorkerOptions, store: HeadStore, ignored: IgnoredCutovers,
        onChange: @escaping @Sendable () -> Void,
        onDrain: @escaping @Sendable () -> Void, onFailure: @escaping @Sendable (WorkerFailure) -> Void
    ) throws(KafkaError) {
        self.store = store
        self.ignored = ignored
        self.onChange = onChange
        self.onDrain = onDrain
        self.onFailure = onFailure
        worker = options.worker
        startedAtMs = Clock.wallMs
        tail = try ControlTail(options.kafka, topics: options.topics)
    }

    /// The cut-overs known now.
    var activations: ActivationLog { log.withLock { $0 } }

    func run() -> PlatformThread {
        PlatformThread("control") { [self] in
            while !stop.isSet {
                for event in tail.poll(timeoutMs: 100) { handle(event) }
            }
            tail.close()
        }
    }

    func requestStop() { stop.set() }

    /// Counts a cut-over that a frozen head does not follow.
    private func ignore(_ record: CutoverRecord) {
        guard let reason = store.frozenRefusal, ignored.take(record.request) else { return }
        onFailure(.note("cut-over ignored: the control topic switches to \(record.label); \(reason)"))
    }

    /// Whether a command was given in this life. What the topic held at the start has to say so by its time, which may not
    /// lie ahead either: a stamp of tomorrow would count at every start.
    private func isNews(_ command: FleetCommand) -> Bool {
        caughtUp.isSet || (startedAtMs...max(startedAtMs, Clock.wallMs)).contains(command.issuedAtMs)
    }

    private func handle(_ event: ControlTail.Event) {
        switch event {
        case .head(let manifest, .success(let file)):
            log.withLock { $0.apply(manifest) }
            store.take(manifest, file: file)
            onChange()
        case .head(let manifest, .failure(let failure)):
            store.refuse(manifest.head, "\(failure)")
            onChange()
        case .cutover(let record, let offset):
            let unneeded = log.withLock { log in
                log.apply(record, at: offset) && record.state == .aborted
                    && !log.neededHeads.contains(record.head)
            }
            if unneeded { store.drop(record.head) }
            if record.state == .committing || record.state == .committed { ignore(record) }
            onChange()
        case .command(.worker(worker), let command):
            if command.drain == true, isNews(command) { onDrain() }
        case .command: break
        case .caughtUp: caughtUp.set()
        case .unreadable(let key, let problem): onFailure(.note("control topic, \(key): \(problem)"))
        case .error(let error):
            onFailure(error.isFatal ? .broker(error) : .note("control topic: \(error)"))
        }
    }
}
