import Artifacts
import FleetMachines
import PipelineMessages

/// A worker's machine on a bench: events in, what it asked for in words.
struct WorkerBench {
    typealias Machine = WorkerMachine<Int, Int>

    var machine: Machine
    var nowMs: Int64 = 1_000
    /// Everything that was asked for, oldest first.
    private(set) var done: [Machine.Action] = []

    init(_ settings: WorkerSettings = WorkerSettings()) { machine = Machine(settings) }

    /// Tells it something; returns what it asks for.
    @discardableResult
    mutating func tell(_ event: Machine.Event, afterMs delay: Int64 = 0) -> [String] {
        nowMs += delay
        let actions = machine.handle(event, at: Moment(steadyMs: nowMs, wallMs: 0))
        precondition(machine.countsRight, "its sums are not those of its lanes")
        done += actions
        return actions.map(Self.words)
    }

    static func words(_ action: Machine.Action) -> String {
        switch action {
        case .fetchPositions(let partitions, let generation): "fetch \(partitions) \(generation)"
        case .countAnswers: "count answers"
        case .assign(let starts, let generation):
            "assign \(starts.map { "\($0.partition)@\($0.offset)" }) \(generation)"
        case .unassign: "unassign"
        case .pause(let partitions): "pause \(partitions)"
        case .resume(let partitions): "resume \(partitions)"
        case .submit(let ticket, _, _, let stamp): "submit \(ticket.offset) by \(stamp.label)"
        case .unloadHead(let head): "unload \(head.short)"
        case .publish(let publication, let flight):
            "publish \(publication.ticket.offset) as \(flight)\(isDead(publication) ? ", dead" : "")"
        case .commit(let commits, let serial, _):
            "commit \(commits.map { "\($0.partition)@\($0.offset)" }) as \(serial)"
        case .beginTransaction: "begin"
        case .sendOffsets(let commits, let generation):
            "send \(commits.map { "\($0.partition)@\($0.offset)" }) for \(generation)"
        case .commitTransaction: "commit transaction"
        case .abortTransaction: "abort"
        case .askControlEnd(let serial, _): "ask end \(serial)"
        case .reopenControl: "reopen control"
        case .leaveGroup: "leave"
        case .joinGroup: "join"
        case .askLeaders(let partitions, .images): "ask leaders \(partitions)"
        case .askLeaders(let partitions, .answers): "ask leaders of answers \(partitions)"
        case .fetchHead(let head): "fetch head \(head.short)"
        case .say(let text): "say \(text)"
        case .finished: "finished"
        case .failed(let text): "failed \(text)"
        }
    }

    private static func isDead(_ publication: Publication<Int, Int>) -> Bool {
        if case .dead = publication.outcome { return true }
        return false
    }

    // MARK: What tests begin with

    /// Owns `partitions` from the beginning, or from `saved`.
    mutating func own(_ partitions: [Int32], saved: [Int32: SavedPosition] = [:]) {
        tell(.assigned(partitions))
        tell(.positions(saved, generation: generation))
    }

    /// The generation that the machine asked for last.
    var generation: Int {
        for action in done.reversed() {
            if case .fetchPositions(_, let generation) = action { return generation }
        }
        return 0
    }

    /// The tickets that were submitted.
    var tickets: [Ticket] {
        done.compactMap { action in
            if case .submit(let ticket, _, _, _) = action { return ticket }
            return nil
        }
    }

    /// Head `name` is published, loaded and in force from marker offset 0 of `partitions`.
    mutating func putInForce(_ name: String, number: Int64 = 1, partitions: [Int32]) {
        let record = announced(name, number: number, partitions: partitions)
        tell(.headReady(record.head, bytes: 100))
        tell(.published(manifest(name)))
        tell(.cutover(record, offset: number + 1))
        tell(.controlRead(below: number + 2))
    }

    /// A record that was read for the generation asked for last, unless stated.
    mutating func take(
        _ record: ShardTopicRecord, _ offset: Int64, partition: Int32 = 0, for generation: Int? = nil
    ) -> [String] {
        tell(
            .record(
                record, Int(offset), partition: partition, offset: offset,
                generation: generation ?? self.generation))
    }

    mutating func takeShard(_ offset: Int64, partition: Int32 = 0) -> [String] {
        take(.shard(stream: "s"), offset, partition: partition)
    }
}

func digest(_ name: String) -> ContentDigest { ContentDigest(of: Array(name.utf8)) }

func label(_ name: String) -> HeadLabel {
    guard let label = HeadLabel(name: "head", version: name) else {
        preconditionFailure("test head names are legal, got \(name)")
    }
    return label
}

func manifest(_ name: String) -> HeadManifest {
    HeadManifest(
        head: digest(name), label: label(name), backbone: digest("b"), file: digest(name), bytes: 1,
        chunks: 1,
        classes: 2, publishedAtMs: 0)
}

/// An announced cut-over whose request, head and label bear `name`.
func announced(_ name: String, number: Int64 = 1, partitions: [Int32] = [0]) -> CutoverRecord {
    var record = CutoverRecord(
        request: name, slot: .standard, head: digest(name), label: label(name), deadlineMs: 1_000,
        requestedAtMs: 0)
    record.state = .committing
    record.number = number
    record.token = "token of \(name), long"
    record.scanFrom = partitions.map { PartitionOffset(partition: $0, offset: 0) }
    return record
}

func marker(_ record: CutoverRecord) -> ShardTopicRecord {
    CutoverMarker(of: record).map { .marker($0) } ?? .badMarker("no number")
}
