internal import Artifacts
internal import FleetMachines
internal import PipelineMessages

/// Somebody who may write to every topic, knows what stands there, and means no good.
///
/// Two things are beyond it: deciding in the coordinator's place, which is what writing to the control topic means in a
/// deployment that gives that right to people and coordinators only; and guessing a token before it can be read.
extension World {
    func write() {
        report.hostileRecords += 1
        switch random.next() % 20 {
        case 0...7: forgeMarker()
        case 8, 9: garbage()
        case 10, 11: random.oneIn(2) ? forgeRequest() : repeatControl()
        case 12, 13: broker.appendControl(.garbage)
        case 14, 15: forgeReceipt()
        case 16: forgeNote()
        case 17: forgeLedger()
        default: pretend()
        }
    }

    private func append(_ record: ShardTopicRecord, readable: Bool = false) {
        let partition = Int(random.next() % UInt64(partitions))
        broker.shards[partition].append(.init(record: record, images: readable ? 1 : 0, isReadable: readable))
    }

    private func garbage() {
        if random.oneIn(2) { return append(.shard(stream: random.pick(Self.streams + ["", "\u{1B}[2J"]))) }
        let bytes = (0..<20).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        append(
            ShardTopicRecord(key: [], kind: Array(ShardTopicKind.marker.rawValue.utf8), value: { bytes }))
    }

    /// A marker that nobody announced, or one that was, in another place or with other words.
    private func forgeMarker() {
        let known = broker.controlHistory.compactMap { entry -> CutoverRecord? in
            guard case .cutover(let record) = entry.content else { return nil }
            return record
        }
        let record = known.isEmpty || random.oneIn(5) ? nil : random.pick(known)
        let other = random.oneIn(2) ? known.last : known.first
        let marker = CutoverMarker(
            number: random.oneIn(2)
                ? record?.number ?? random.within(0...broker.controlEnd + 3)
                : random.pick([0, broker.controlEnd, RecordBounds.integerMax]),
            request: record?.request ?? "nobody's-\(random.next() % 4)", slot: record?.slot ?? .standard,
            head: random.oneIn(3) ? other?.head ?? backbone : record?.head ?? backbone,
            label: record?.label ?? label("x"),
            token: random.oneIn(2) ? record?.token : random.oneIn(2) ? "token-\(random.next())" : nil)
        append(.marker(marker))
    }

    /// Cut-overs under names of their own: of heads that are not there, of partitions that are not there, with numbers of
    /// tomorrow, or announced by nobody.
    private func forgeRequest() {
        var record = CutoverRecord(
            request: "hostile-\(random.next())", slot: .stream(random.pick(Self.streams)),
            head: ContentDigest(of: Array("nothing".utf8)), label: label("x"),
            partitions: random.oneIn(2) ? [Int32(partitions) + 7] : nil,
            quorum: random.oneIn(2) ? Int(RecordBounds.integerMax) : nil, deadlineMs: random.within(0...80),
            requestedAtMs: random.within(0...RecordBounds.integerMax))
        if random.oneIn(3) {
            record.state = random.oneIn(2) ? .committing : .committed
            record.number = RecordBounds.integerMax
            record.token = "token-\(random.next())"
            record.scanFrom = [PartitionOffset(partition: 0, offset: 0)]
            record.offsets = record.scanFrom
            append(CutoverMarker(of: record).map { .marker($0) } ?? .shard(stream: ""))
        }
        broker.appendControl(.cutover(record))
    }

    /// A record that is there already, once more: late, out of order, or with a number of tomorrow. Compaction may leave it
    /// as the only one of its key.
    private func repeatControl() {
        guard !broker.controlHistory.isEmpty else { return }
        let entry = random.pick(broker.controlHistory)
        switch entry.content {
        case .cutover(var record):
            if random.oneIn(3) { record.number = RecordBounds.integerMax }
            broker.appendControl(.cutover(record))
        case .manifest(let manifest): broker.appendControl(.manifest(manifest))
        // What tells nothing where it stands could be a lie further behind that nobody sees through.
        case .checkpoint(let checkpoint) where checkpoint.isPossible(at: entry.offset):
            broker.appendControl(.checkpoint(checkpoint))
        case .checkpoint, .move, .reset, .garbage: break
        }
    }

    /// Receipts of shards that are not there; where nobody else has to trust the receipts, of others as well.
    private func forgeReceipt() {
        let partition = Int32(random.within(0...Int64(partitions - 1)))
        let end = broker.extent(partition).end
        let far = [end + 1_000_000, RecordBounds.integerMax]
        let isFar = plan.isForgetful || random.oneIn(2)
        if !isFar { hasForgedReceipts = true }
        let receipt = Receipt(
            topic: "t", partition: partition, offset: isFar ? random.pick(far) : random.within(0...end + 5),
            stream: "s", images: Int(random.within(0...9)), errors: 0,
            imagesBefore: random.pick([0, 7, RecordBounds.count.upperBound]), deadLetter: nil, head: nil,
            worker: random.pick(["w0", "ghost"]), incarnation: "g", serviceUs: 0, scoredAtMs: 0)
        broker.receipts[Int(partition)].append(.init(receipt: receipt, transaction: nil))
    }

    /// A note that knows of a move of tomorrow: ahead of all that people will ask for. Where the group has an offset of a worker's: in
    /// its place compaction leaves no other, and without either nobody knows where the partition stood.
    private func forgeNote() {
        let partition = Int32(random.within(0...Int64(partitions - 1)))
        let end = broker.controlEnd
        let moved = random.pick([end, end + 5, RecordBounds.integerMax])
        let offset = random.pick([0, broker.extent(partition).end, RecordBounds.integerMax])
        guard broker.offsets[partition]?.metadata.isEmpty == false else { return }
        broker.appendControl(
            .checkpoint(
                PositionCheckpoint(
                    topic: "t", partition: partition, offset: offset,
                    progress: PartitionProgress(images: random.within(0...9), moved: moved), atMs: nowMs)))
    }

    /// A leader's heartbeat, from which the next one restores its ledger: the last true one, with a reset of tomorrow and partitions that
    /// are not there. Where forged receipts may have put the ledger wrong already, with what makes it deaf, or has no room in another
    /// heartbeat.
    private func forgeLedger() {
        let known = broker.status.last { $0.coordinator != nil }?.coordinator
        var status = known ?? CoordinatorStatus(coordinator: "ghost", atMs: 0)
        status.atMs = random.within(0...nowMs * 2)
        let end = broker.controlEnd
        status.ledgerReset = random.pick([end, end + 5, RecordBounds.integerMax])
        let isLost = random.oneIn(2) && hasForgedReceipts
        let isFull = random.oneIn(8) && isLost
        let invented = (0..<Int32(isFull ? RecordBounds.entries : 2)).map {
            LedgerPartition(partition: Int32.max - $0)
        }
        status.partitions =
            isFull ? invented : status.partitions.filter { $0.partition < partitions } + invented
        if isLost, !isFull {
            status.ledgerReset = random.oneIn(2) ? max(0, end - 1) : status.ledgerReset
            status.partitions.append(
                LedgerPartition(
                    partition: 0, nextOffset: RecordBounds.integerMax, images: 7,
                    receiptsOffset: RecordBounds.integerMax))
        }
        broker.appendStatus(coordinator: status)
    }

    /// Heartbeats of workers that are not there, or not so.
    private func pretend() {
        var status = WorkerStatus(
            worker: random.oneIn(2) ? "ghost" : "w0", incarnation: "ghost", host: "h", pid: 1,
            startedAtMs: random.within(0...nowMs), backbone: backbone, isa: "scalar", replicas: 1)
        status.state = .running
        status.atMs = random.within(-1...nowMs * 2)
        status.imagesPerSecond = 1e12
        broker.appendStatus(worker: status)
    }
}
