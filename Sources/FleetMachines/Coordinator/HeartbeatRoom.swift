internal import Cutover
internal import PipelineMessages

/// Keeps a coordinator's heartbeat readable: whatever a forged one left in the ledger, no reader refuses ours and no broker finds it too
/// large. What has no room is left out, and an alarm says so. Pure.
struct HeartbeatRoom {
    /// Most bytes: a broker's and a client's limits of a record are about a million, and the chip's figures come on top.
    static let bytesMax = 900_000
    /// Most bytes of workers' names and credits among them.
    private static let creditBytesMax = 450_000

    private var status: CoordinatorStatus
    private var bytes: Int
    private var alarms: [String] = []

    private init(_ status: CoordinatorStatus) {
        self.status = status
        // Names, numbers and the alarms of what follows.
        let texts = status.openCutovers + status.alarms + [status.coordinator]
        bytes = 6_000 + texts.reduce(0) { $0 + Self.bytes($1) + 1 }
        bytes += status.ledger.reduce(0) { $0 + Self.bytes($1) }
        bytes += status.partitions.reduce(0) { $0 + Self.bytes($1) }
    }

    /// The heartbeat, with what has room of it.
    ///
    /// - Parameter partitions: Those that the shard topic has.
    static func fit(_ status: CoordinatorStatus, partitions: [Int32]) -> CoordinatorStatus {
        var room = HeartbeatRoom(status)
        room.dropInvented(partitions)
        room.dropLast(bytesMax: .max)
        room.joinCredits()
        room.dropWaiting()
        room.dropLast(bytesMax: bytesMax)
        room.status.alarms = Array((room.alarms + status.alarms).prefix(ThroughputLedger.alarmsMax))
        return room.status
    }

    private var isFull: Bool { status.partitions.count > RecordBounds.entries || bytes > Self.bytesMax }

    /// While all have room nothing is said: partitions that were just added may not be known here.
    private mutating func dropInvented(_ partitions: [Int32]) {
        guard isFull else { return }
        let known = Set(partitions)
        let count = keep { known.contains($0.partition) }
        guard count > 0 else { return }
        alarms.append(
            "heartbeat: \(count) partitions that the shard topic does not have are left out: somebody else's heartbeat was "
                + "restored; hashiflex ledger reset counts anew")
    }

    /// The credits of some workers stand together; all of them add up as before.
    private mutating func joinCredits() {
        var size = status.ledger.reduce(0) { $0 + Self.bytes($1) }
        guard bytes > Self.bytesMax, size > Self.creditBytesMax else { return }
        var others = LedgerEntry(worker: ThroughputLedger.others)
        var kept: [LedgerEntry] = []
        var joined = 0
        for entry in status.ledger.sorted(by: { ($0.images, $0.worker) < ($1.images, $1.worker) }) {
            guard size > Self.creditBytesMax || entry.worker == ThroughputLedger.others else {
                kept.append(entry)
                continue
            }
            others.images = min(others.images + entry.images, RecordBounds.count.upperBound)
            others.shards = min(others.shards + entry.shards, RecordBounds.count.upperBound)
            size -= Self.bytes(entry)
            bytes -= Self.bytes(entry)
            joined += 1
        }
        bytes += Self.bytes(others)
        status.ledger = (kept + [others]).sorted { $0.worker < $1.worker }
        alarms.append(
            "heartbeat: the names of \(joined) workers have no room: they stand as \(others.worker)")
    }

    private mutating func dropWaiting() {
        guard bytes > Self.bytesMax else { return }
        for place in status.partitions.indices {
            bytes -= Self.bytes(status.partitions[place])
            status.partitions[place].committedOffset = nil
            status.partitions[place].beginOffset = nil
            status.partitions[place].endOffset = nil
            bytes += Self.bytes(status.partitions[place])
        }
        alarms.append("heartbeat: what waits in each partition has no room and is left out")
    }

    private mutating func dropLast(bytesMax: Int) {
        guard status.partitions.count > RecordBounds.entries || bytes > bytesMax else { return }
        let all = status.partitions.count
        var size = bytes - status.partitions.reduce(0) { $0 + Self.bytes($1) }
        var kept = 0
        let count = keep {
            size += Self.bytes($0)
            kept += 1
            return size <= bytesMax && kept <= RecordBounds.entries
        }
        alarms.append(
            "heartbeat: \(count) of \(all) partitions have no room and are left out: the next coordinator counts them anew, "
                + "and hashiflex ledger reset then sets the sums right")
    }

    /// Keeps some partitions; returns how many are left out.
    private mutating func keep(_ isKept: (LedgerPartition) -> Bool) -> Int {
        let all = status.partitions
        let kept = all.filter(isKept)
        status.partitions = kept
        bytes += kept.reduce(0) { $0 + Self.bytes($1) } - all.reduce(0) { $0 + Self.bytes($1) }
        return all.count - kept.count
    }
}

/// How many bytes of JSON things take, at most.
extension HeartbeatRoom {
    private static func bytes(_ text: String) -> Int {
        text.utf8.reduce(2) { size, byte in
            switch byte {
            case 0..<0x20, 0x7F: size + 6
            case 0x22, 0x5C: size + 2
            default: size + 1
            }
        }
    }

    private static func bytes(_ number: Int64?) -> Int { number.map { "\($0)".utf8.count } ?? 0 }

    /// With the names of its fields, as far as they are there.
    private static func bytes(_ entry: LedgerEntry) -> Int {
        32 + bytes(entry.worker) + bytes(entry.images) + bytes(entry.shards)
    }

    private static func bytes(_ entry: LedgerPartition) -> Int {
        let numbers: [Int64?] = [
            Int64(entry.partition), entry.nextOffset, entry.images, entry.receiptsOffset, entry.outside,
            entry.committedOffset, entry.beginOffset, entry.endOffset,
        ]
        let gaps = (entry.gaps ?? []).reduce(0) { size, gap in
            let numbers = [gap.offset, gap.endOffset, gap.imagesBefore, gap.imagesAfter]
            return size + 64 + numbers.reduce(0) { $0 + bytes($1) }
        }
        let optional = (entry.outside == nil ? 0 : 11) + (entry.gaps == nil ? 0 : 10)
        let waiting =
            (entry.committedOffset == nil ? 0 : 20) + (entry.beginOffset == nil ? 0 : 16)
            + (entry.endOffset == nil ? 0 : 14)
        return 64 + optional + waiting + gaps + numbers.reduce(0) { $0 + bytes($1) }
    }
}
