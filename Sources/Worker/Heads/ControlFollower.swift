internal import Artifacts
internal import ClassifierHead
internal import ControlPlane
internal import FleetMachines
internal import Kafka
internal import PipelineMessages
internal import Synchronization
internal import Threads

/// Follows the control topic on a thread of its own: loads heads, tells the machine of cut-overs, hears commands.
final class ControlFollower: Sendable {
    private let options: WorkerOptions
    private let conductor: WorkerConductor
    private let loader: HeadLoader
    /// The topic's reader, and whether it has read all that was there when it began.
    private let reader: Mutex<(tail: ControlTail, isLive: Bool)>
    private let turns = Mutex(NodeTurns())
    /// How long a reader that is left may take to close, milliseconds.
    private static let closeMs: Int32 = 1_000
    /// A head that is read again is given up when nothing has come for so long, milliseconds.
    private static let silenceMs: Int64 = 60_000
    private let startedAtMs: Int64
    private let onChange: @Sendable () -> Void
    private let onDrain: @Sendable () -> Void
    /// Set once everything that was in the topic at the start has been read.
    let caughtUp = Signal()
    private let stop = Signal()
    private let lines: LineLimiter

    init(
        _ options: WorkerOptions, conductor: WorkerConductor, onChange: @escaping @Sendable () -> Void,
        onDrain: @escaping @Sendable () -> Void, lines: LineLimiter
    ) throws(KafkaError) {
        self.options = options
        self.conductor = conductor
        self.onChange = onChange
        self.onDrain = onDrain
        self.lines = lines
        loader = HeadLoader(options)
        startedAtMs = Clock.wallMs
        reader = Mutex((try ControlTail(options.kafka, topics: options.topics), false))
    }

    private var tail: ControlTail { reader.withLock { $0.tail } }

    func run() -> PlatformThread {
        PlatformThread("control") { [self] in
            var wanted: [ContentDigest] = []
            while !stop.isSet {
                for event in tail.poll(timeoutMs: 100) { handle(event) }
                hear(&wanted)
                if !wanted.isEmpty { loadAgain(wanted.removeFirst(), &wanted) }
            }
            tail.close()
        }
    }

    func requestStop() { stop.set() }

    /// Takes what is asked: heads to load again for later, in `wanted`; to read the topic anew is done at once.
    private func hear(_ wanted: inout [ContentDigest]) {
        var mustReopen = false
        for question in conductor.asking.take(milliseconds: 0) {
            switch question {
            case .head(let head): wanted.append(head)
            case .reopen: mustReopen = true
            }
        }
        if mustReopen { reopen() }
    }

    /// Whether a command was given in this life. What the topic held at the start has to say so by its time, which may not
    /// lie ahead either: a stamp of tomorrow would count at every start.
    private func isNews(_ command: FleetCommand) -> Bool {
        reader.withLock { $0.isLive }
            || (startedAtMs...max(startedAtMs, Clock.wallMs)).contains(command.issuedAtMs)
    }

    private func handle(_ event: ControlTail.Event) {
        switch event {
        case .head(let manifest, .success(let file)):
            load(manifest, file)
            conductor.tell(.published(manifest))
            onChange()
        case .head(let manifest, .failure(let failure)):
            conductor.tell(.headRefused(manifest.head, "\(failure)"))
            onChange()
        case .cutover(let record, let offset):
            conductor.tell(.cutover(record, offset: offset))
            onChange()
        case .command(.worker(options.worker), let command):
            if command.drain == true, isNews(command) { onDrain() }
        case .command, .ledgerReset: break
        case .move(let move, _, let offset): conductor.tell(.move(move, offset: offset))
        case .checkpoint(let checkpoint, let offset):
            conductor.tell(.checkpoint(checkpoint, offset: offset))
        case .read(let below): conductor.tell(.controlRead(below: below))
        case .caughtUp:
            reader.withLock { $0.isLive = true }
            caughtUp.set()
        case .unreadable(let key, let problem):
            lines.say("control topic, \(key): \(problem)", kind: "control topic")
        case .error(let error):
            guard error.isFatal else { return lines.say("control topic: \(error)") }
            conductor.tell(.readingFailed(CallFailure(error)))
        }
    }

    private func load(_ manifest: HeadManifest, _ file: [UInt8]) {
        if conductor.look({ $0.hasReady(manifest.head) }) { return }
        do throws(HeadLoader.Refusal) {
            let loaded = try loader.load(manifest, file: file)
            conductor.tell(
                .headReady(manifest.head, bytes: loaded.memoryBytes), installing: loaded)
        } catch {
            conductor.tell(.headRefused(manifest.head, error.reason))
        }
    }

    /// Reads the topic anew over new connections, the first of them to another node than last time.
    private func reopen() {
        var turns = turns.withLock { $0 }
        let asking = turns.next(options.kafka)
        self.turns.withLock { [turns] in $0 = turns }
        do throws(KafkaError) {
            let new = try ControlTail(asking ?? options.kafka, topics: options.topics)
            let old = reader.withLock { reader in
                defer { reader = (new, false) }
                return reader.tail
            }
            old.close(timeoutMs: Self.closeMs)
        } catch {
            lines.say("control topic: \(error)")
        }
    }

    /// Reads the topic from its beginning for a head that was unloaded, as long as more comes; what is new is followed meanwhile.
    private func loadAgain(_ head: ContentDigest, _ wanted: inout [ContentDigest]) {
        do throws(KafkaError) {
            let past = try ControlTail(options.kafka, topics: options.topics)
            defer { past.close() }
            var (bytes, deadline) = (0, Clock.steadyMs + Self.silenceMs)
            while !stop.isSet, Clock.steadyMs < deadline {
                for event in tail.poll(timeoutMs: 0) { handle(event) }
                hear(&wanted)
                if past.bytesRead > bytes {
                    (bytes, deadline) = (past.bytesRead, Clock.steadyMs + Self.silenceMs)
                }
                for event in past.poll(timeoutMs: 100) {
                    if case .head(let manifest, .success(let file)) = event, manifest.head == head {
                        load(manifest, file)
                        return onChange()
                    }
                    if case .caughtUp = event {
                        conductor.tell(
                            .headRefused(head, "it is not in the control topic any more; push it again"))
                        return onChange()
                    }
                }
            }
        } catch {
            lines.say("control topic: \(error)")
        }
        // Whoever waits for it asks again.
        conductor.tell(.headNotFetched(head))
    }
}
