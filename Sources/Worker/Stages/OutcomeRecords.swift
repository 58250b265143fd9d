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

    private(set) var others: [Record] = []
    /// Bytes that a dead letter among them repeats of its record.
    private(set) var repeatedBytes = 0

    /// Makes the records; predictions go to `batch`, which is emptied first. A dead letter repeats `copyBytesMax` bytes at most.
    init(
        _ released: Publication<KafkaMessage, ScoredShard>, options: WorkerOptions,
        encoder: PredictionEncoder, copyBytesMax: Int, batch predictionBatch: inout MessageBatch
    ) {
        predictionBatch.removeAll()
        let partition = released.ticket.lane.partition
        switch released.outcome {
        case .passed: return
        case .scored(let shard, _):
            let (batch, scores) = (shard.batch, shard.scores)
            Self.write(batch, scores, options: options, encoder: encoder, to: &predictionBatch)
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

    private static func write(
        _ batch: FeatureBatch, _ scores: ShardScores, options: WorkerOptions,
        encoder: PredictionEncoder, to records: inout MessageBatch
    ) {
        let task = batch.task
        func context(_ head: HeadStamp?, _ digest: ContentDigest?) -> PredictionContext {
            PredictionContext(
                topic: options.topics.shards, partition: task.ticket.lane.partition,
                offset: task.ticket.offset, stream: task.stream, sequence: batch.sequence,
                backbone: options.backbone, head: head, logitsDigest: digest)
        }
        let scored = context(task.stamp, scores.logitsDigest)
        let unreadable = context(nil, nil)
        let names = task.loaded.classNames
        var row = 0
        encoder.begin(scored)
        for (index, image) in batch.images.enumerated() {
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
            if failure == nil { row += 1 } else { encoder.begin(scored) }
        }
    }

    private mutating func append(_ receipt: Receipt, _ options: WorkerOptions) {
        others.append(
            Record(
                topic: options.topics.receipts, partition: receipt.partition,
                key: Array(receipt.key.utf8), value: receipt.json))
    }
}
