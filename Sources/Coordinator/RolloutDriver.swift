import ControlPlane
import Cutover
import Kafka
import PipelineMessages
import Threads

/// Carries out what the rollout state machine decides.
struct RolloutDriver {
    private let options: CoordinatorOptions
    private let partitions: [Int32]
    private let writer: RecordWriter
    private let markers: MarkerWriter
    private let say: @Sendable (String) -> Void
    private(set) var log = ActivationLog()
    /// The last decision written, until the log shows it.
    private var pending: CutoverRecord?
    private var retryAtMs: Int64 = 0

    init(
        options: CoordinatorOptions, partitions: [Int32], writer: RecordWriter,
        log say: @escaping @Sendable (String) -> Void
    ) throws(KafkaError) {
        self.options = options
        self.partitions = partitions
        self.writer = writer
        markers = try MarkerWriter(options, writer: writer)
        self.say = say
    }

    /// Whether what comes is news; before, it is history, which nobody wants to read again.
    var isLive = false

    /// Takes what the control topic says.
    mutating func take(_ event: ControlTail.Event) {
        switch event {
        case .head(let manifest, .success): log.apply(manifest)
        case .head(let manifest, .failure(let failure)): say("head \(manifest.label): \(failure)")
        case .cutover(let record, let offset):
            if pending?.request == record.request, pending?.state == record.state { pending = nil }
            guard log.apply(record, at: offset), isLive else { return }
            switch record.state {
            case .requested: say("cut-over to \(record.label) requested for \(record.slot)")
            case .committing: say("cut-over to \(record.label): the workers are ready\(age(record))")
            case .committed: say("cut-over to \(record.label) committed in every partition\(age(record))")
            case .aborted:
                say("cut-over to \(record.label) aborted: \((record.reasons ?? []).joined(separator: "; "))")
            }
        case .unreadable(let key, let problem): say("control topic, \(key): \(problem)")
        case .command, .caughtUp: break
        case .error(let error): say("control topic: \(error)")
        }
    }

    private func age(_ record: CutoverRecord) -> String {
        ", \(max(0, record.updatedAtMs - record.requestedAtMs)) ms after the request"
    }

    /// Does the next thing, if it is time for one.
    mutating func step(_ machine: inout RolloutStateMachine) throws(KafkaError) {
        let now = Clock.steadyMs
        guard pending == nil, now >= retryAtMs else { return }
        do throws(KafkaError) {
            switch machine.next(log, nowMs: now) {
            case .wait: return
            case .decide(var record):
                record.updatedAtMs = Clock.wallMs
                if record.state == .committing,
                    let unknown = record.partitions?.first(where: { !partitions.contains($0) })
                {
                    record.state = .aborted
                    record.reasons = [
                        "partition \(unknown) is not one of the \(partitions.count) of the shard topic"
                    ]
                }
                if record.state == .committing {
                    let wanted = record.partitions ?? partitions
                    record.scanFrom = try markers.ends(wanted)
                }
                pending = record
                try writer.write(record, topics: options.topics)
            case .completeMarkers(var record):
                // One that nobody can write a marker into would hold up all later cut-overs.
                let unknown = (record.scanFrom ?? []).filter { !partitions.contains($0.partition) }
                if !unknown.isEmpty {
                    say(
                        "cut-over to \(record.label): no partitions \(unknown.map(\.partition)); they are left out"
                    )
                    record.scanFrom?.removeAll { !partitions.contains($0.partition) }
                }
                record.offsets = try markers.complete(record)
                record.state = .committed
                record.updatedAtMs = Clock.wallMs
                pending = record
                try writer.write(record, topics: options.topics)
            }
        } catch {
            guard !error.isFatal else { throw error }
            // Every step can be repeated: the log says how far the cut-over is.
            say("cut-over is delayed: \(error)")
            pending = nil
            retryAtMs = Clock.steadyMs + 500
        }
    }
}
