internal import Artifacts
internal import PipelineMessages

/// The bytes of one real message, and the schema that they must fit.
package struct Specimen: Sendable {
    /// What it is.
    package let name: String
    /// The schema, as its file is called.
    package let schema: String
    /// The record.
    package let bytes: [UInt8]

    init(_ name: String, _ schema: String, _ value: some Encodable) {
        self.init(name, schema, bytes: JSONRecord.encode(value))
    }

    init(_ name: String, _ schema: String, bytes: [UInt8]) {
        self.name = name
        self.schema = schema
        self.bytes = bytes
    }

    /// The specimens of one schema.
    package static func of(_ schema: String) -> [Specimen] { all.filter { $0.schema == schema } }

    /// The names of all schemas, sorted.
    package static let schemas = Set(all.map(\.schema)).sorted()

    /// One of every kind, and more.
    package static let all: [Specimen] = predictions + receipts + shardHeaders + control + status + rest
}

private let digest = ContentDigest(of: [1])
private let label = HeadLabel(name: "fashion", version: "v2")
private let address = ImageAddress(topic: "hashiflex.shards", partition: 3, offset: 42, index: 7)
/// Quotes, a slash, a backslash and letters beyond ASCII: what escaping can get wrong.
private let awkward = #"täglich/"7" \ 測試 🧪"#

extension HeadLabel {
    fileprivate static var specimen: HeadLabel {
        guard let label else { preconditionFailure("fashion@v2 is a label") }
        return label
    }
}

extension HeadInForce {
    fileprivate static func specimen(_ slot: HeadSlot) -> HeadInForce {
        HeadInForce(slot: slot, head: digest, label: .specimen, number: 2, marker: 40)
    }
}

// MARK: One record an image, a shard

extension Specimen {
    private static func prediction(_ known: Int?, error: String?) -> Prediction {
        Prediction(
            address: address,
            id: awkward,
            stream: awkward,
            sequence: .max,
            capturedAtMs: known.map(Int64.init),
            label: known,
            backbone: digest,
            head: error == nil ? HeadStamp(.specimen(.standard)) : nil,
            top: error == nil ? [.init(index: 65_535, name: awkward, logit: (1 << 26) - 1)] : [],
            logitsDigest: error == nil ? digest : nil,
            error: error
        )
    }

    private static var predictions: [Specimen] {
        let full = prediction(3, error: nil)
        let least = prediction(nil, error: nil)
        var frozen = full
        frozen.cutover = nil
        let failed = prediction(nil, error: "jpeg: \u{1}damaged\n\tor cut short")
        return [
            Specimen("prediction, full", "prediction", bytes: full.json),
            Specimen("prediction, full, by the plain encoder", "prediction", full),
            Specimen("prediction, frozen head", "prediction", bytes: frozen.json),
            Specimen("prediction, least", "prediction", bytes: least.json),
            Specimen("prediction, error", "prediction", bytes: failed.json),
            Specimen("prediction, error with a label", "prediction", prediction(0, error: "no")),
        ]
    }

    private static func receipt(deadLetter: String?) -> Receipt {
        let isDead = deadLetter != nil
        return Receipt(
            topic: address.topic,
            partition: 3,
            offset: 42,
            stream: isDead ? "" : awkward,
            images: isDead ? 0 : 32,
            errors: isDead ? 0 : 1,
            imagesBefore: 1_000,
            deadLetter: deadLetter,
            head: isDead ? nil : HeadStamp(.specimen(.standard)),
            worker: "fleet-1",
            incarnation: "00ff00ff00ff00ff",
            serviceUs: 1_234,
            scoredAtMs: 1_750_000_000_000
        )
    }

    private static var receipts: [Specimen] {
        let codes: [ShardDecodingError] = [
            .truncated(expected: 2, actual: 1), .trailingBytes(1), .notAShard, .unknownVersion(2),
            .lengthOutOfRange(field: "a", value: 2, max: 1), .checksumMismatch(expected: 1, actual: 2),
            .header("a"), .invalid(field: "a", value: "b"), .decompression("a"),
        ]
        return [
            Specimen("receipt, scored", "receipt", receipt(deadLetter: nil)),
            Specimen("receipt, dead letter", "receipt", receipt(deadLetter: "key-mismatch")),
        ] + codes.map { Specimen("receipt, \($0.code)", "receipt", receipt(deadLetter: $0.code)) }
    }

    private static func header(
        _ content: ImageShard.Content,
        _ images: [ShardImage],
        made by: String
    ) -> [UInt8] {
        let record = ShardCodec.encode(
            ImageShard(
                stream: awkward,
                sequence: 0,
                createdAtMs: 1_750_000_000_000,
                images: images,
                content: content,
                preprocessing: by
            )
        )
        let count = (0..<4).reduce(0) { $0 | Int(record[12 + $1]) << (8 * $1) }
        return Array(record[ShardCodec.prefixBytes..<(ShardCodec.prefixBytes + count)])
    }

    private static var shardHeaders: [Specimen] {
        let full = ShardImage(id: awkward, capturedAtMs: 1, label: 0)
        let least = ShardImage(id: "a")
        let flat = [UInt8](repeating: 7, count: 32 * 32 * 3)
        return [
            Specimen(
                "shard header, tensors",
                "shard-header",
                bytes: header(
                    .tensors(height: 32, width: 32, channels: 3, bytes: flat + flat),
                    [full, least],
                    made: "decode resize"
                )
            ),
            Specimen(
                "shard header, tensors that do not shrink",
                "shard-header",
                bytes: header(.tensors(height: 1, width: 1, channels: 1, bytes: [9]), [least], made: "")
            ),
            Specimen(
                "shard header, files",
                "shard-header",
                bytes: header(.files([[1, 2, 3], []]), [full, least], made: "")
            ),
        ]
    }
}

// MARK: Control and status

extension Specimen {
    private static func cutover(_ change: (inout CutoverRecord) -> Void) -> CutoverRecord {
        var record = CutoverRecord(
            request: "1aebd331a461a414",
            slot: .standard,
            head: digest,
            label: .specimen,
            deadlineMs: 30_000,
            requestedAtMs: 1
        )
        change(&record)
        return record
    }

    private static var cutovers: [Specimen] {
        let places = [
            PartitionOffset(partition: 0, offset: 0),
            PartitionOffset(partition: 1, offset: RecordBounds.integerMax),
        ]
        let committing = cutover {
            $0.state = .committing
            ($0.number, $0.scanFrom, $0.token) = (2, places, "0123456789abcdef0123456789abcdef")
        }
        let committed = cutover {
            $0.state = .committed
            $0.slot = .stream(awkward)
            ($0.partitions, $0.quorum) = ([0, 1], 1)
            ($0.number, $0.scanFrom, $0.offsets) = (2, places, places)
        }
        let aborted = cutover {
            $0.state = .aborted
            ($0.number, $0.reasons) = (2, ["fleet-1: \(awkward)"])
        }
        let canary = cutover { ($0.partitions, $0.quorum, $0.ignore) = ([0], 2, ["fleet-1", awkward]) }
        let added = cutover { ($0.partitions, $0.restates, $0.quorum) = ([8, 9], 2, 1) }
        return [
            Specimen("cut-over, requested", "cutover-record", cutover { _ in }),
            Specimen("cut-over, requested for a canary", "cutover-record", canary),
            Specimen("cut-over, requested for added partitions", "cutover-record", added),
            Specimen("cut-over, committing", "cutover-record", committing),
            Specimen("cut-over, committed", "cutover-record", committed),
            Specimen("cut-over, aborted", "cutover-record", aborted),
        ]
    }

    private static func marker(_ slot: HeadSlot) -> CutoverMarker {
        CutoverMarker(
            number: 2, request: "1aebd331a461a414", slot: slot, head: digest, label: .specimen,
            token: slot == .standard ? nil : "0123456789abcdef")
    }

    private static var control: [Specimen] {
        let manifest = HeadManifest(
            head: digest,
            label: .specimen,
            backbone: digest,
            file: digest,
            bytes: 13_552,
            chunks: 1,
            classes: 10,
            publishedAtMs: 1
        )
        return cutovers + [
            Specimen("marker, default", "marker", marker(.standard)),
            Specimen("marker, stream", "marker", marker(.stream(awkward))),
            Specimen("head manifest", "head-manifest", manifest),
            Specimen(
                "fleet command, full",
                "fleet-command",
                FleetCommand(workers: 0, drain: true, issuedAtMs: 1)
            ),
            Specimen("fleet command, least", "fleet-command", FleetCommand(issuedAtMs: 1)),
            Specimen(
                "position move, over a gap", "position-move",
                PositionMove(
                    topic: "t", partition: 3, from: 120, to: 480, images: 7, reason: awkward, by: awkward,
                    atMs: 1)),
            Specimen(
                "position move, first", "position-move",
                PositionMove(
                    topic: "t", partition: 0, from: nil, to: 0, images: 0, reason: "r", by: "b", atMs: 1)),
            Specimen(
                "position move, settled", "position-move",
                PositionMove(
                    topic: "t", partition: 3, from: 120, to: 480, images: 7, reason: "r", by: "b", atMs: 1
                ).settled(at: 44, done: true)),
            Specimen(
                "position move, resumes", "position-move",
                PositionMove(
                    topic: "t", partition: 3, from: nil, to: 480, images: 7, reason: "r", by: "b", atMs: 1
                ).resuming),
            Specimen(
                "position checkpoint", "position-checkpoint",
                PositionCheckpoint(
                    topic: "t", partition: 3, offset: 480, progress: progress, atMs: 1)),
            Specimen(
                "position checkpoint, least", "position-checkpoint",
                PositionCheckpoint(
                    topic: "t", partition: 0, offset: 0, progress: PartitionProgress(), atMs: 1)),
            Specimen(
                "ledger reset", "ledger-reset", LedgerReset(reason: awkward, by: awkward, atMs: 1)),
        ]
    }

    private static var status: [Specimen] {
        let fresh = WorkerStatus(
            worker: "fleet-1",
            incarnation: "00ff00ff00ff00ff",
            host: "host",
            pid: 1,
            startedAtMs: 1,
            backbone: digest,
            isa: "avx512vnni",
            replicas: 1
        )
        var busy = fresh
        busy.state = .draining
        busy.preprocessing = awkward
        busy.headsReady = [digest]
        busy.refusals = [.init(head: digest, reason: awkward)]
        busy.frozenHead = .init(
            head: digest, label: .specimen, cutoversIgnored: RecordBounds.count.upperBound)
        busy.partitions = [
            .init(partition: 0, position: 7, head: label, blocked: awkward),
            .init(partition: 1, position: 0, head: nil, blocked: nil),
        ]
        busy.shardBytes = 123_456
        (busy.imagesPerSecond, busy.replicaUtilisation, busy.npuUtilisation) = (1_234.5, 1, 1e-7)
        var ledger = CoordinatorStatus(coordinator: "host-1", atMs: 2)
        ledger.imagesPerSecond = 0.1
        ledger.openCutovers = ["fashion@v2 requested"]
        ledger.ledger = [LedgerEntry(worker: "fleet-1", images: 64, shards: 2)]
        ledger.partitions = [LedgerPartition(partition: 0, nextOffset: 3, images: 64, receiptsOffset: 2)]
        ledger.partitions[0].outside = 3
        (ledger.partitions[0].committedOffset, ledger.partitions[0].endOffset) = (2, 9)
        ledger.partitions[0].beginOffset = 1
        ledger.ledgerReset = 4
        ledger.alarms = [awkward]
        ledger.twin = ChipTwinStatus(
            backbone: digest, images: 1_209_176.8, frozenImages: 4e6, microjoules: 5.5)
        let fleet = FleetStatus(
            fleet: "fleet",
            host: "host",
            pid: 1,
            target: 1,
            workers: ["fleet-1"],
            restarts: 0,
            atMs: 1
        )
        return [
            Specimen("worker status, fresh", "worker-status", fresh),
            Specimen("worker status, full", "worker-status", busy),
            Specimen(
                "coordinator status, fresh",
                "coordinator-status",
                CoordinatorStatus(coordinator: "a", atMs: 1)
            ),
            Specimen("coordinator status, full", "coordinator-status", ledger),
            Specimen("fleet status", "fleet-status", fleet),
        ]
    }

    private static var progress: PartitionProgress {
        PartitionProgress(
            images: 64, heads: [.specimen(.standard), .specimen(.stream(awkward))], moved: 9)
    }

    private static var rest: [Specimen] {
        let letter = DeadLetter(
            topic: address.topic,
            partition: 0,
            offset: 0,
            code: "key-mismatch",
            reason: awkward
        )
        let unlike = ["wrong-preprocessing", "unknown-preprocessing"].map { code in
            DeadLetter(topic: address.topic, partition: 0, offset: 0, code: code, reason: awkward)
        }
        return [
            Specimen("dead letter", "dead-letter", letter),
            Specimen("dead letter, wrong preprocessing", "dead-letter", unlike[0]),
            Specimen("dead letter, unknown preprocessing", "dead-letter", unlike[1]),
            Specimen("partition progress, empty", "partition-progress", PartitionProgress()),
            Specimen("partition progress, full", "partition-progress", bytes: Array(progress.text.utf8)),
        ]
    }
}
