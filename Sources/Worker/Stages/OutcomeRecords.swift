internal import Kafka
internal import PipelineMessages
internal import Threads

/// The Kafka records that one finished shard becomes: its predictions, one each image, and one or two others.
struct OutcomeRecords {
    struct Record {
        let topic: String
        let partition: Int32
        let key: [UInt8]
        let value: [UInt8]
        var headers: [(String, [UInt8])] = []
    }

    private(set) var others: [Record] = []
    private(set) var isDeadLetter = false

    /// Makes the records; predictions go to `batch`, which is emptied first.
    init(
        _ released: LaneSequencer<ShardOutcome>.Released, options: WorkerOptions,
        encoder: inout PredictionEncoder, batch predictionBatch: inout MessageBatch
    ) {
        predictionBatch.removeAll()
        let partition = released.ticket.lane.partition
        switch released.payload {
        case .passed: return
        case .scored(let batch, let predictions):
            for prediction in predictions {
                predictionBatch.append(
                    key: { encoder.appendKey(of: prediction, to: &$0) },
                    value: { encoder.appendValue(of: prediction, to: &$0) })
            }
            let receipt = Receipt(
                topic: options.topics.shards, partition: partition, offset: released.ticket.offset,
                stream: batch.task.stream, images: batch.images.count,
                errors: batch.images.count - batch.readable, imagesBefore: released.imagesBefore,
                deadLetter: nil, head: batch.task.inForce, worker: options.worker,
                incarnation: options.incarnation,
                serviceUs: (Clock.steadyNs - batch.task.receivedNs) / 1_000, scoredAtMs: Clock.wallMs)
            append(receipt, options)
        case .dead(let message, let stream, let code, let reason, let receivedNs):
            isDeadLetter = true
            // A record beyond our own limit must not stop the worker: its reason goes, its bytes stay where
            // they are, at the offset that the letter names.
            let fits = message.byteCount <= DeadLetter.copyBytesMax
            let letter = DeadLetter(
                topic: options.topics.shards, partition: partition, offset: released.ticket.offset,
                code: code, reason: fits ? reason : reason + " (\(message.byteCount) bytes, not copied)")
            others.append(
                Record(
                    topic: options.topics.deadLetters, partition: 0,
                    key: message.key ?? [], value: fits ? message.payload : [],
                    headers: [(DeadLetter.header, JSONRecord.encode(letter))]))
            let receipt = Receipt(
                topic: options.topics.shards, partition: partition, offset: released.ticket.offset,
                stream: stream, images: 0, errors: 0, imagesBefore: released.imagesBefore,
                deadLetter: code, head: nil, worker: options.worker, incarnation: options.incarnation,
                serviceUs: (Clock.steadyNs - receivedNs) / 1_000, scoredAtMs: Clock.wallMs)
            append(receipt, options)
        }
    }

    private mutating func append(_ receipt: Receipt, _ options: WorkerOptions) {
        others.append(
            Record(
                topic: options.topics.receipts, partition: receipt.partition,
                key: Array(receipt.key.utf8), value: JSONRecord.encode(receipt)))
    }
}
