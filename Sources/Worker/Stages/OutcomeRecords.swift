internal import Artifacts
internal import ClassifierHead
internal import FleetMachines
internal import HardenedBackbone
internal import Kafka
internal import PipelineMessages
internal import Threads

/// The Kafka records that one finished shard becomes: its predictions, one each image, and one or two others.
struct OutcomeRecords {
    struct Record {
        let topic: String
        let partition: Int32
        let key: [UInt8]?
        let value: [UInt8]?
        var headers: [(String, [UInt8])] = []
    }

    /// Predictions are handed over in pieces of so many bytes, or one record more: with many classes those of one shard may be
    /// hundreds of megabytes.
    private static let pieceBytes = 4 << 20

    private let scored: ScoredShard?
    /// The next image, and the next row of the scores.
    private var next = (image: 0, row: 0)
    private(set) var others: [Record] = []
    /// Bytes that a dead letter among them repeats of its record.
    private(set) var repeatedBytes = 0

    /// Makes the others; predictions are asked for afterwards. A dead letter repeats `copyBytesMax` bytes at most.
    init(
        _ released: Publication<KafkaMessage, ScoredShard>, options: WorkerOptions, copyBytesMax: Int
    ) {
        let partition = released.ticket.lane.partition
        if case .scored(let shard, _) = released.outcome { scored = shard } else { scored = nil }
        switch released.outcome {
        case .passed: return
        case .scored(let shard, _):
            let batch = shard.batch
            let receipt = Receipt(
                topic: options.topics.shards, partition: partition, offset: released.ticket.offset,
                stream: batch.task.stream, images: batch.images.count,
                errors: batch.images.count - batch.readable, imagesBefore: released.imagesBefore,
                deadLetter: nil, head: batch.task.stamp, worker: options.worker,
                incarnation: options.incarnation,
                serviceUs: (Clock.steadyNs - batch.task.receivedNs) / 1_000, scoredAtMs: Clock.wallMs)
            append(receipt, options)
        case .dead(let dead):
            let (message, stream, code, reason) = (dead.message, dead.stream, dead.code, dead.reason)
            // A record beyond our own limit must not stop the worker: its reason goes, its bytes stay where
            // they are, at the offset that the letter names.
            // No value is not an empty one: what is sent again should be what came.
            let copy = DeadLetterCopy(
                key: message.key, value: message.isTombstone ? nil : message.payload,
                headers: message.headers, bytesMax: copyBytesMax)
            repeatedBytes = copy.bytes
            others.append(
                Record(
                    topic: options.topics.deadLetters, partition: 0, key: copy.key, value: copy.value,
                    headers: copy.headers(
                        topic: options.topics.shards, partition: partition, offset: released.ticket.offset,
                        code: code, reason: reason)))
            let receipt = Receipt(
                topic: options.topics.shards, partition: partition, offset: released.ticket.offset,
                stream: RecordBounds.name.contains(stream.utf8.count) ? stream : "", images: 0, errors: 0,
                imagesBefore: released.imagesBefore,
                deadLetter: code, head: nil, worker: options.worker, incarnation: options.incarnation,
                serviceUs: 0, scoredAtMs: Clock.wallMs)
            append(receipt, options)
        }
    }

    /// How many predictions there are.
    var predictions: Int { scored?.batch.images.count ?? 0 }

    /// Makes the next piece of the predictions in `records`, which is emptied first; returns whether there is one.
    mutating func takePredictions(
        _ options: WorkerOptions, _ encoder: PredictionEncoder, in records: inout MessageBatch
    ) -> Bool {
        records.removeAll()
        guard let scored, next.image < predictions else { return false }
        let (batch, scores) = (scored.batch, scored.scores)
        let task = batch.task
        func context(_ head: HeadStamp?, _ digest: ContentDigest?) -> PredictionContext {
            PredictionContext(
                topic: options.topics.shards, partition: task.ticket.lane.partition,
                offset: task.ticket.offset, stream: task.stream, sequence: batch.sequence,
                backbone: options.backbone, head: head, logitsDigest: digest)
        }
        let whole = context(task.stamp, scores.logitsDigest)
        let unreadable = context(nil, nil)
        let names = task.loaded.classNames
        encoder.begin(whole)
        while next.image < predictions, records.byteCount < Self.pieceBytes {
            let (index, row) = next
            let image = batch.images[index]
            let failure = batch.failures[index]
            if failure != nil { encoder.begin(unreadable) }
            records.append(
                key: { encoder.appendKey(index: index, to: &$0) },
                value: { value in
                    encoder.openValue(
                        index: index, id: image.id, capturedAtMs: image.capturedAtMs, label: image.label,
                        error: failure, to: &value)
                    guard failure == nil else { return encoder.closeValue(&value) }
                    for place in 0..<scores.perImage {
                        let best = scores.top[row * scores.perImage + place]
                        encoder.appendClass(
                            best.classIndex, logit: best.logit, name: names[best.classIndex], to: &value)
                    }
                    encoder.closeValue(&value)
                })
            next = (index + 1, failure == nil ? row + 1 : row)
            if failure != nil { encoder.begin(whole) }
        }
        return true
    }

    private mutating func append(_ receipt: Receipt, _ options: WorkerOptions) {
        others.append(
            Record(
                topic: options.topics.receipts, partition: receipt.partition,
                key: Array(receipt.key.utf8), value: receipt.json))
    }
}
