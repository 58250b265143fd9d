package import Artifacts
internal import ClassifierHead
package import PipelineMessages
internal import TestSupport

/// Valid records of every kind, which a fuzzer begins with.
package enum RecordSeeds {
    /// The backbone of all.
    package static let backbone = ContentDigest(of: [1])
    /// The head of published files.
    package static let head = ContentDigest(of: [2])
    /// The token of announcements.
    package static let token = "0123456789abcdef0123456789abcdef"

    /// The label of published files.
    package static var label: HeadLabel {
        guard let label = HeadLabel("fashion@v2") else { preconditionFailure("fashion@v2 is a label") }
        return label
    }

    /// One record each.
    package static let frames: [RecordFrame] = {
        var frames = Specimen.all.compactMap { specimen in
            RecordKind(schema: specimen.schema).map { RecordFrame($0, specimen.bytes) }
        }
        frames += Specimen.of("shard-header").map { RecordFrame(header: $0.bytes, body: [1, 2, 3]) }
        frames += shards
        frames += [
            "head/\(head.hex)/chunk/0", "head/\(head.hex)/manifest", "cutover/a", "decision/a/b", "fleet/f",
            "worker/w", "hashiflex.shards/3@120#5", "stream:cam", "fashion@v2",
        ].map { RecordFrame(.key, Array($0.utf8)) }
        if let file = try? headFile() { frames.append(RecordFrame(.head, file)) }
        frames += [RecordFrame(.chunk, [0, 1, 2]), RecordFrame(.tick, [20])]
        frames += [RecordFrame(.caughtUp), RecordFrame(.change, [0]), RecordFrame(.change, [255])]
        return frames
    }()

    /// Whole inputs: each record alone, and a head's way through the topics.
    package static let inputs: [[UInt8]] = frames.map { RecordFrame.input([$0]) } + [RecordFrame.input(story)]

    /// A head is published, asked for, announced, marked and committed; shards are scored by it, beside a ledger.
    private static let story: [RecordFrame] = {
        var record = CutoverRecord(
            request: "a", slot: .standard, head: head, label: label, deadlineMs: 1_000, requestedAtMs: 1)
        let requested = record
        record.state = .committing
        record.number = 0
        record.token = token
        record.scanFrom = (0..<4).map { PartitionOffset(partition: $0, offset: 0) }
        let committing = record
        record.state = .committed
        record.offsets = record.scanFrom
        let marker = CutoverMarker(of: committing).map(JSONRecord.encode) ?? []
        var status = WorkerStatus(
            worker: "w", incarnation: "i", host: "h", pid: 1, startedAtMs: 1, backbone: backbone,
            isa: "scalar", replicas: 1)
        status.state = .running
        status.headsReady = [head]
        var ledger = CoordinatorStatus(coordinator: "c", atMs: 1)
        ledger.partitions = [LedgerPartition(partition: 0, nextOffset: 9, images: 9, receiptsOffset: 0)]
        ledger.partitions[0].gaps = [LedgerGap(offset: 2, endOffset: 5, imagesBefore: 2, imagesAfter: 6)]
        ledger.ledger = [LedgerEntry(worker: "w", images: 5, shards: 2)]
        func receipt(_ offset: Int64, _ before: Int64) -> RecordFrame {
            let receipt = Receipt(
                topic: "t", partition: 0, offset: offset, stream: "cam", images: 2, errors: 0,
                imagesBefore: before, deadLetter: nil, head: nil, worker: "w", incarnation: "i",
                serviceUs: 1, scoredAtMs: 1)
            return RecordFrame(.receipt, receipt.json)
        }
        let file = (try? headFile()) ?? []
        return [
            RecordFrame(.head, file), RecordFrame(.cutover, JSONRecord.encode(requested)),
            RecordFrame(.coordinatorStatus, JSONRecord.encode(ledger)),
            RecordFrame(.workerStatus, JSONRecord.encode(status)), RecordFrame(.caughtUp),
            receipt(3, 3), receipt(12, 11), RecordFrame(.cutover, JSONRecord.encode(committing)),
            RecordFrame(.marker, marker), RecordFrame(.cutover, JSONRecord.encode(record)),
        ] + shards + [RecordFrame(.change, [0]), RecordFrame(.tick, [100])]
    }()

    private static let shards: [RecordFrame] = [
        ImageShard(
            stream: "cam", sequence: 0, createdAtMs: 1, images: [ShardImage(id: "a"), ShardImage(id: "b")],
            content: .tensors(
                height: 8, width: 8, channels: 3, bytes: [UInt8](repeating: 7, count: 2 * 192)),
            preprocessing: ""),
        ImageShard(
            stream: "cam", sequence: 1, createdAtMs: 1, images: [ShardImage(id: "a", label: 3)],
            content: .files([[1, 2, 3]]), preprocessing: ""),
    ].flatMap { shard in
        let record = ShardCodec.encode(shard)
        let length = Int(record[12]) | Int(record[13]) << 8
        let content = record.dropFirst(ShardCodec.prefixBytes)
        return [
            RecordFrame(.shard, record),
            RecordFrame(
                header: Array(content.prefix(length)), body: Array(content.dropFirst(length))),
        ]
    }

    private static func headFile() throws(HeadError) -> [UInt8] {
        try ClassifierHead(
            name: "fashion", version: "v2", classNames: ["a", "b"], featureCount: 4,
            weights: [1, -2, 3, -4, 5, 6, 7, 8], bias: [10, -10], scale: 0.5, backboneDigest: backbone,
            summary: "of a test"
        ).encoded()
    }
}
