internal import Artifacts
internal import FleetMachines
internal import PipelineMessages

/// The topics of a simulated deployment, their transactions and the offsets of the workers' group.
final class SimulatedBroker {
    /// A record of the shard topic.
    struct ShardEntry {
        let record: ShardTopicRecord
        /// Images; 0 of what is no shard.
        let images: Int
        /// Whether it can be scored.
        let isReadable: Bool
    }

    /// A record of the control topic.
    struct ControlEntry {
        enum Content {
            case manifest(HeadManifest)
            case cutover(CutoverRecord)
            case move(PositionMove)
            case checkpoint(PositionCheckpoint)
            case reset(LedgerReset)
            case garbage
        }
        let offset: Int64
        let content: Content

        /// The key that compaction goes by; `nil` of what has a key of its own.
        var key: String? {
            switch content {
            case .manifest(let manifest): manifest.head.hex
            case .cutover(let record): record.state == .requested ? record.request : nil
            case .move(let move) where move.resumes == true: "move/\(move.partition)/resumes"
            case .move(let move): "move/\(move.partition)/\(move.asked)"
            case .checkpoint(let checkpoint): "checkpoint/\(checkpoint.partition)"
            case .reset, .garbage: nil
            }
        }
    }

    /// A heartbeat.
    typealias StatusEntry = (serial: Int, worker: WorkerStatus?, coordinator: CoordinatorStatus?)

    /// What somebody published for a shard.
    struct Outcome {
        let head: ContentDigest?
        let number: Int64?
        let imagesBefore: Int64
        let images: Int
        let isDead: Bool
        let transaction: Transaction?

        /// Whether predictions or dead letter are the same bytes, whoever wrote them.
        func isSame(as other: Outcome) -> Bool {
            head == other.head && number == other.number && images == other.images && isDead == other.isDead
        }
    }

    /// A receipt and the transaction that it belongs to.
    struct ReceiptEntry {
        let receipt: Receipt
        let transaction: Transaction?
    }

    /// A transaction of one producer.
    final class Transaction {
        enum State { case open, committed, aborted }
        var state = State.open
        var offsets: [Int32: PartitionCommit] = [:]
        let begunAtMs: Int64
        init(begunAtMs: Int64) { self.begunAtMs = begunAtMs }
    }

    /// Who may write in transactions under one name.
    struct Producer {
        var epoch = 0
        var transaction: Transaction?
    }

    var shards: [[ShardEntry]]
    /// The oldest offset of each partition that retention has left.
    var begins: [Int64]
    var control: [ControlEntry] = []
    var controlHistory: [ControlEntry] = []
    /// Where each cut-over stands.
    private(set) var states: [String: CutoverRecord.State] = [:]
    /// Moves that were said to be settled, by their control offsets, and where that was said.
    private(set) var settled: [Int64: Int64] = [:]
    /// The newest heartbeat of each worker and coordinator, with the order of writing.
    var status: [StatusEntry] = []
    var statusSerial = 0
    var outcomes: [[Int64: [Outcome]]]
    var receipts: [[ReceiptEntry]]
    var offsets: [Int32: SavedPosition] = [:]
    var producers: [String: Producer] = [:]
    let group = SimulatedGroup()

    init(partitions: Int) {
        shards = Array(repeating: [], count: partitions)
        begins = Array(repeating: 0, count: partitions)
        outcomes = Array(repeating: [:], count: partitions)
        receipts = Array(repeating: [], count: partitions)
    }

    /// One more partition, empty.
    func addPartition() {
        shards.append([])
        begins.append(0)
        outcomes.append([:])
        receipts.append([])
    }

    /// The partition of another topic of that name, empty; those of the topics for answers are as new.
    func replacePartition(_ partition: Int) {
        shards[partition] = []
        begins[partition] = 0
        outcomes[partition] = [:]
        receipts[partition] = []
    }

    /// Where a partition begins and ends.
    func extent(_ partition: Int32) -> PartitionExtent {
        PartitionExtent(begin: begins[Int(partition)], end: Int64(shards[Int(partition)].count))
    }

    var controlEnd: Int64 { Int64(controlHistory.count) }

    func appendControl(_ content: ControlEntry.Content) {
        let entry = ControlEntry(offset: controlEnd, content: content)
        control.append(entry)
        controlHistory.append(entry)
        if case .move(let move) = content, let asked = move.settled, settled[asked] == nil {
            settled[asked] = entry.offset
        }
        guard case .cutover(let record) = content, record.number ?? 0 <= entry.offset else { return }
        switch (states[record.request], record.state) {
        case (nil, _), (.requested, .committing), (.requested, .aborted), (.committing, .committed):
            states[record.request] = record.state
        case (.requested, _), (.committing, _), (.committed, _), (.aborted, _): break
        }
    }

    /// What compaction has left of the control topic, from `offset` on.
    func control(from offset: Int64) -> ArraySlice<ControlEntry> {
        control[control.lowerBound { $0.offset < offset }...]
    }

    /// Heartbeats behind `serial`.
    func status(after serial: Int) -> ArraySlice<StatusEntry> {
        status[status.lowerBound { $0.serial <= serial }...]
    }

    func appendStatus(worker: WorkerStatus? = nil, coordinator: CoordinatorStatus? = nil) {
        statusSerial += 1
        status.append((statusSerial, worker, coordinator))
        guard status.count > 200 else { return }
        // Compacted: the last of each writer stays.
        var seen: Set<String> = []
        status = Array(
            status.reversed().filter { entry in
                seen.insert(entry.worker?.worker ?? "coordinator").inserted
            }.reversed())
    }

    /// Drops records of which a later one has the same key, but for the newest, which no compaction touches.
    func compactControl(keeping newest: Int) {
        let old = control.dropLast(newest)
        var last: [String: Int64] = [:]
        for entry in old { if let key = entry.key { last[key] = entry.offset } }
        let kept = old.filter { entry in entry.key.map { last[$0] == entry.offset } ?? true }
        control = kept + control.suffix(newest)
    }

    /// The first marker of an announced cut-over at or above `from`.
    func firstMarker(of record: CutoverRecord, in partition: Int32, from: Int64) -> Int64? {
        guard let marker = CutoverMarker(of: record) else { return nil }
        let entries = shards[Int(partition)]
        let from = max(from, begins[Int(partition)])
        guard from < entries.count else { return nil }
        for offset in Int(from)..<entries.count where entries[offset].record == .marker(marker) {
            return Int64(offset)
        }
        return nil
    }

    /// Whether a partition's committed offset may still change by a transaction that is open.
    func isUnstable(_ partition: Int32) -> Bool {
        producers.values.contains {
            $0.transaction?.offsets[partition] != nil && $0.transaction?.state == .open
        }
    }
}

extension Array {
    /// The first index from which `isBelow` is false; it must be false of everything behind the first of which it is.
    func lowerBound(_ isBelow: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if isBelow(self[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
