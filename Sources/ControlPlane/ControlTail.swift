public import Cutover
public import Kafka
public import PipelineMessages

/// Reads the control topic from its beginning and goes on following it.
///
/// Use from one thread.
public final class ControlTail: Sendable {
    /// One thing the control topic says.
    public enum Event: Sendable {
        /// A head was published; its joined file, or why it can not be used.
        case head(HeadManifest, Result<[UInt8], HeadAssembler.Failure>)
        /// The state of a cut-over, and the offset of the record.
        case cutover(CutoverRecord, offset: Int64)
        /// A command to a fleet supervisor or a worker.
        case command(ControlKey, FleetCommand)
        /// A partition is to go on elsewhere, by the record of this name at this offset.
        case move(PositionMove, name: String, offset: Int64)
        /// Where a partition stood, and the offset of the record.
        case checkpoint(PositionCheckpoint, offset: Int64)
        /// The ledger is to start anew, and the offset of the record.
        case ledgerReset(LedgerReset, offset: Int64)
        /// Everything below this offset has been read and told.
        case read(below: Int64)
        /// All that was there has been read.
        case caughtUp
        /// A record that this program does not understand.
        case unreadable(key: String, problem: String)
        /// The broker has a problem; reading goes on if it passes.
        case error(KafkaError)
    }

    private let consumer: KafkaConsumer
    private let topic: TopicPartition
    private let state: State

    /// Starts at the beginning of the topic.
    ///
    /// - Parameter latencyMs: how late news may arrive, milliseconds; every wait costs a request.
    public init(
        _ kafka: KafkaConfiguration, topics: TopicNames, latencyMs: Int = 20
    ) throws(KafkaError) {
        var options = ConsumerOptions()
        options.offsetReset = .earliest
        options.reportsPartitionEnd = true
        // Nobody can make its readers wait by a transaction that is never ended: what is there counts.
        options.isolation = .readUncommitted
        options.fetchWaitMs = latencyMs
        options.queueKilobytes = 16_384
        // Its place is seen to move once a second over a slow link, not when 8 MiB have come.
        options.fetchPartitionBytes = 1 << 20
        consumer = try KafkaConsumer(kafka, groupID: nil, options: options)
        topic = TopicPartition(topic: topics.control, partition: 0)
        state = State(shards: topics.shards)
        try consumer.assign([(topic, .beginning)])
    }

    /// What came within `timeoutMs`; returns early with what there is.
    public func poll(timeoutMs: Int32) -> [Event] {
        guard let event = consumer.poll(timeoutMs: timeoutMs) else { return [] }
        switch event {
        case .message(let message): return decode(message) + [.read(below: message.offset + 1)]
        case .partitionEnd(_, let end): return [.read(below: end), .caughtUp]
        case .error(let error): return [.error(error)]
        case .assigned, .revoked: return []
        }
    }

    /// Bytes of all records read so far, with their framing, roughly.
    public var bytesRead: Int { state.bytesRead }

    /// Where the topic ends now.
    public func end(timeoutMs: Int32) throws(KafkaError) -> Int64 {
        try consumer.watermarks(topic, timeoutMs: timeoutMs).high
    }

    /// Leaves the broker; a silent one is waited for no longer than `timeoutMs`.
    public func close(timeoutMs: Int32 = KafkaConsumer.closeTimeoutMs) {
        consumer.close(timeoutMs: timeoutMs)
    }

    private func decode(_ message: KafkaMessage) -> [Event] {
        state.bytesRead += message.byteCount + 100
        return state.decoder.decode(
            key: message.key ?? [], value: message.isTombstone ? nil : message.payload, offset: message.offset
        )
    }
}

// Safety: a ControlTail is used from one thread, as its documentation demands.
private final class State: @unchecked Sendable {
    var decoder: ControlDecoder
    var bytesRead = 0

    init(shards: String) { decoder = ControlDecoder(shards: shards) }
}
