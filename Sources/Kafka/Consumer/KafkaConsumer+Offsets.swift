internal import CRDKafka

/// A consumer's membership of its group at one moment; freed with the last reference.
///
/// Safety: the object behind `pointer` is read only and belongs to this class alone.
public final class ConsumerGroupMetadata: @unchecked Sendable {
    let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) { self.pointer = pointer }

    deinit { rd_kafka_consumer_group_metadata_destroy(pointer) }
}

extension KafkaConsumer {
    /// How long calls of this file wait for a broker unless told otherwise.
    public static let requestTimeoutMs: Int32 = 10_000

    /// Stops the flow of these partitions while polling goes on; what was fetched is thrown away, and fetched
    /// again on ``resume(_:)``.
    public func pause(_ partitions: [TopicPartition]) throws(KafkaError) {
        try requireOpen(doing: "cannot pause")
        let list = PartitionList(partitions)
        try KafkaError.check(rd_kafka_pause_partitions(client.pointer, list.pointer), doing: "cannot pause")
        if let failure = list.firstFailure(doing: "cannot pause the reading") { throw failure }
    }

    /// Lets the flow of these partitions go on where the last message was taken.
    public func resume(_ partitions: [TopicPartition]) throws(KafkaError) {
        try requireOpen(doing: "cannot resume")
        let list = PartitionList(partitions)
        try KafkaError.check(rd_kafka_resume_partitions(client.pointer, list.pointer), doing: "cannot resume")
        if let failure = list.firstFailure(doing: "cannot resume the reading") { throw failure }
    }

    /// Stores offsets for the group.
    ///
    /// - Parameter synchronously: Whether to wait for the broker. Without waiting, a failure comes out of
    ///   ``poll(timeoutMs:)`` as an `error` event.
    /// - Throws: ``KafkaError``; with ``KafkaError/isStaleMember`` the partitions are no longer ours; after a
    ///   timeout it is not known whether the offsets were stored.
    public func commit(
        _ offsets: [OffsetCommit],
        synchronously: Bool,
        timeoutMs: Int32 = KafkaConsumer.requestTimeoutMs
    ) throws(KafkaError) {
        try requireOpen(doing: "cannot commit offsets")
        guard !offsets.isEmpty else { return }
        for commit in offsets {
            precondition(commit.offset >= 0, "an offset to commit is not negative, got \(commit.offset)")
        }
        let list = PartitionList(offsets)
        guard synchronously else {
            let code = rd_kafka_commit(client.pointer, list.pointer, 1)
            return try KafkaError.check(code, doing: "cannot commit offsets")
        }
        // rd_kafka_commit would wait without bound: a queue of our own can be left.
        guard let queue = rd_kafka_queue_new(client.pointer) else {
            preconditionFailure("the library gave no queue: out of memory")
        }
        defer { rd_kafka_queue_destroy(queue) }
        let outcome = CommitOutcome()
        // The callback runs inside the poll below and nowhere else, so the outcome is alive.
        let opaque = Unmanaged.passUnretained(outcome).toOpaque()
        let code = rd_kafka_commit_queue(client.pointer, list.pointer, queue, onCommitted, opaque)
        try KafkaError.check(code, doing: "cannot commit offsets")
        let deadline = ContinuousClock.now + .milliseconds(timeoutMs)
        while !outcome.isKnown, ContinuousClock.now < deadline {
            rd_kafka_queue_poll_callback(queue, 50)
        }
        guard outcome.isKnown else {
            throw client.unreachable(
                RD_KAFKA_RESP_ERR__TIMED_OUT,
                doing: "cannot commit offsets",
                timeoutMs: timeoutMs
            )
        }
        if let failure = outcome.failure {
            throw failure.naming(.read, topic: offsets[0].partition.topic, of: client.pointer)
        }
    }

    /// The largest offset that a group is taken to have committed. Anyone with the right may commit any, and Kafka keeps it; what is
    /// larger counts as this one: it lies beyond every topic as well, and it is a whole number for every reader of JSON.
    public static let committedMax: Int64 = (1 << 53) - 1

    /// Asks what the group has committed, ``committedMax`` at most; works without subscribing.
    public func committed(
        _ partitions: [TopicPartition],
        timeoutMs: Int32 = KafkaConsumer.requestTimeoutMs
    ) throws(KafkaError) -> [TopicPartition: CommittedOffset] {
        try requireOpen(doing: "cannot read committed offsets")
        guard !partitions.isEmpty else { return [:] }
        let list = PartitionList(partitions)
        let code = rd_kafka_committed(client.pointer, list.pointer, timeoutMs)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw client.unreachable(code, doing: "cannot read committed offsets", timeoutMs: timeoutMs)
                .naming(.describe, of: client.pointer)
        }
        if let failure = list.firstFailure(doing: "cannot read the committed offset") {
            throw failure.naming(.describe, topic: partitions[0].topic, of: client.pointer)
        }
        var result: [TopicPartition: CommittedOffset] = [:]
        for element in PartitionList.elements(of: list.pointer) {
            result[PartitionList.name(of: element)] = CommittedOffset(
                offset: element.offset >= 0 ? min(element.offset, Self.committedMax) : nil,
                metadata: PartitionList.metadata(of: element)
            )
        }
        return result
    }

    /// Asks the broker for the offset of the oldest message and the offset the next message will have.
    ///
    /// By the request for offsets of times, not by `rd_kafka_query_watermark_offsets`: that one never returns when the
    /// partition's leader goes away meanwhile, whatever its timeout (librdkafka 2588, mended in 2.3.0).
    public func watermarks(
        _ partition: TopicPartition,
        timeoutMs: Int32 = KafkaConsumer.requestTimeoutMs
    ) throws(KafkaError) -> (low: Int64, high: Int64) {
        let begin = ContinuousClock.now
        let low = try offset(of: partition, at: .beginning, timeoutMs: timeoutMs)
        let spent = Int32(clamping: Int64((ContinuousClock.now - begin) / .milliseconds(1)))
        return (low, try offset(of: partition, at: .end, timeoutMs: max(1_000, timeoutMs - spent)))
    }

    /// Asks the broker for the first offset whose record's timestamp is not before a time.
    ///
    /// - Parameter time: milliseconds since 1970, by the clock that the topic's `message.timestamp.type` names.
    /// - Returns: `nil` where there is no such record, and from an ``EmbeddedBroker``, which does not know.
    public func offset(
        of partition: TopicPartition, notBeforeMs time: Int64, timeoutMs: Int32
    ) throws(KafkaError) -> Int64? {
        let words = "cannot look for a time in \(partition)"
        let list = try listOffsets([partition], at: max(0, time), doing: words, timeoutMs: timeoutMs)
        if let failure = list.firstFailure(doing: "cannot look for a time") {
            throw failure.naming(.describe, topic: partition.topic, of: client.pointer)
        }
        return PartitionList.elements(of: list.pointer).first.flatMap { $0.offset >= 0 ? $0.offset : nil }
    }

    private func offset(
        of partition: TopicPartition, at place: StartOffset, timeoutMs: Int32
    ) throws(KafkaError) -> Int64 {
        let words = "cannot read the watermarks of \(partition)"
        let list = try listOffsets([partition], at: place.number, doing: words, timeoutMs: timeoutMs)
        if let failure = list.firstFailure(doing: "cannot read the watermarks") {
            throw failure.naming(.describe, topic: partition.topic, of: client.pointer)
        }
        guard let offset = PartitionList.elements(of: list.pointer).first?.offset, offset >= 0 else {
            throw client.unreachable(RD_KAFKA_RESP_ERR__TIMED_OUT, doing: words, timeoutMs: timeoutMs)
        }
        return offset
    }
}

/// What a commit came to; touched by one thread only.
private final class CommitOutcome {
    var isKnown = false
    var failure: KafkaError?
}

private func onCommitted(
    client: OpaquePointer?,
    code: rd_kafka_resp_err_t,
    list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?,
    opaque: UnsafeMutableRawPointer?
) {
    guard let opaque else { return }
    let outcome = Unmanaged<CommitOutcome>.fromOpaque(opaque).takeUnretainedValue()
    outcome.failure = commitFailure(code, list)
    outcome.isKnown = true
}
