internal import CRDKafka
import Synchronization

/// Reads partitions, either those its group gives it (``subscribe(_:)``) or those it is told to
/// (``assign(_:)``).
///
/// ``poll(timeoutMs:)`` and ``close(timeoutMs:)`` belong to one thread and block it; all other calls may come
/// from any thread. Group changes come out of `poll` as events, and the group waits until they are answered:
///
/// | event | answer |
/// |---|---|
/// | `assigned` | ``assign(_:)``, usually from `.committed`; an empty list too |
/// | `revoked` | ``unassign()``, after the last commit |
///
/// The last reference that goes closes the consumer, and waits for it: better call ``close(timeoutMs:)``.
///
/// Only eager strategies of the classic protocol are offered: in librdkafka 2.0.2 the cooperative one loses assignments.
/// Under the protocol of Kafka 4 (`group.protocol=consumer`) the same events come, see ``GroupAssignment``.
public final class KafkaConsumer: Sendable {
    let client: ClientHandle
    private let isAlone: Bool
    private let polling = Mutex<Void>(())
    private let isClosed = Atomic(false)

    /// Creates a consumer; nothing is connected before something is read or asked.
    ///
    /// - Parameter groupID: The group to join, or to ask and commit for. `nil` for a reader that does none of it: it
    ///   needs no right to any group.
    /// - Throws: ``KafkaError`` naming the property that is refused.
    public init(
        _ configuration: KafkaConfiguration,
        groupID: String?,
        options: ConsumerOptions = ConsumerOptions()
    ) throws(KafkaError) {
        precondition(groupID != "", "a group has a name")
        isAlone = groupID == nil
        let properties: [(name: String, value: String)]
        do {
            properties = try options.properties(configuration, groupID: groupID)
        } catch {
            throw KafkaError(error)
        }
        try Self.refuseCooperative(properties)
        client = try ClientHandle(RD_KAFKA_CONSUMER, properties: properties) { configuration in
            rd_kafka_conf_set_rebalance_cb(configuration, onRebalance)
            rd_kafka_conf_set_offset_commit_cb(configuration, onCommit)
        }
        let code = rd_kafka_poll_set_consumer(client.pointer)
        try KafkaError.check(code, doing: "cannot read client events with messages")
    }

    deinit { close(timeoutMs: Self.closeTimeoutMs) }

    /// How long ``close(timeoutMs:)`` waits for the group unless told otherwise.
    public static let closeTimeoutMs: Int32 = 10_000

    /// Joins the group for `topics`, replacing an earlier subscription.
    ///
    /// - Throws: ``KafkaError`` for an empty list or a name that cannot be one. A topic that does not exist is
    ///   reported later, by ``poll(timeoutMs:)``.
    public func subscribe(_ topics: [String]) throws(KafkaError) {
        try requireOpen(doing: "cannot subscribe")
        let list = PartitionList(topics: topics)
        let code = rd_kafka_subscribe(client.pointer, list.pointer)
        try KafkaError.check(code, doing: "cannot subscribe to \(topics.joined(separator: ", "))")
    }

    /// Leaves the group; what it gave comes back as `revoked`. ``subscribe(_:)`` joins again.
    public func unsubscribe() throws(KafkaError) {
        try requireOpen(doing: "cannot leave the group")
        try KafkaError.check(rd_kafka_unsubscribe(client.pointer), doing: "cannot leave the group")
    }

    /// Reads exactly these partitions from now on, and answers `assigned`.
    ///
    /// Replaces everything that was being read: messages of the earlier assignment that still wait are dropped.
    public func assign(_ start: [(TopicPartition, StartOffset)]) throws(KafkaError) {
        try requireOpen(doing: "cannot assign partitions")
        let list = PartitionList(capacity: start.count)
        for (partition, offset) in start { list.add(partition, offset: offset.number) }
        guard !isIncremental else { return try replace(by: list, start.map(\.0)) }
        let code = rd_kafka_assign(client.pointer, list.pointer)
        try KafkaError.check(code, doing: "cannot assign \(start.count) partitions")
    }

    /// Reads nothing from now on, and answers `revoked`.
    public func unassign() throws(KafkaError) {
        try requireOpen(doing: "cannot give partitions back")
        guard !isIncremental else { return try giveBack() }
        let code = rd_kafka_assign(client.pointer, nil)
        try KafkaError.check(code, doing: "cannot give partitions back")
    }

    /// Waits for the next event.
    ///
    /// Must be called at least every `max.poll.interval.ms` (5 minutes), also while nothing is wanted (see
    /// ``pause(_:)``), or the group takes the partitions away.
    ///
    /// - Returns: `nil` when nothing came in time, or the consumer is closed.
    public func poll(timeoutMs: Int32) -> ConsumerEvent? {
        polling.withLock { _ in
            guard !isClosed.load(ordering: .acquiring) else { return nil }
            if let parked = client.context.takeEvent() { return parked }
            // A callback that parks an event makes this return early and empty-handed.
            guard let message = rd_kafka_consumer_poll(client.pointer, timeoutMs) else {
                return client.context.takeEvent()
            }
            guard let event = event(for: message) else { return client.context.takeEvent() }
            // What a callback has parked happened before the message.
            guard let earlier = client.context.takeEvent() else { return event }
            client.context.park(event)
            return earlier
        }
    }

    /// Leaves the group and stops reading. Later calls do nothing.
    ///
    /// Waits for a running ``poll(timeoutMs:)``. An unanswered group call is answered by giving everything
    /// back; nothing is committed. Messages may outlive the consumer: the connections end with the last of them.
    ///
    /// - Returns: whether the group was left in time. If not, it learns of it after the session timeout.
    @discardableResult
    public func close(timeoutMs: Int32 = KafkaConsumer.closeTimeoutMs) -> Bool {
        polling.withLock { _ in
            guard !isClosed.exchange(true, ordering: .acquiringAndReleasing) else { return true }
            client.context.beginClosing()
            client.context.dropEvents()
            return leaveGroup(timeoutMs: timeoutMs)
        }
    }

    /// The group membership of this moment, for ``KafkaProducer/sendOffsets(_:group:timeoutMs:)``.
    ///
    /// Take it when the batch is taken, not when it is committed: it tells the broker whose work this is. Under the protocol
    /// of Kafka 4 take it when the batch is committed, and only while its partitions are assigned: the broker raises its
    /// number whenever the group changes, refuses an older one, and gives a member that it had given up a new one only after
    /// the answer to the revocation.
    ///
    /// - Throws: ``KafkaError`` of a consumer that was closed.
    public func groupMetadata() throws(KafkaError) -> ConsumerGroupMetadata {
        try requireOpen(doing: "cannot name the group's membership")
        guard let metadata = rd_kafka_consumer_group_metadata(client.pointer) else {
            throw KafkaError(code: KafkaError.Code.wrongState, doing: "cannot name the group's membership")
        }
        return ConsumerGroupMetadata(metadata)
    }

    /// The error that has made this consumer useless, if one has: make a new one or end the process.
    public var fatalError: KafkaError? { KafkaError.fatal(of: client.pointer) }

    /// The value in force for a property, in the library's own words; `nil` for an unknown one.
    package func value(of property: String) -> String? { client.value(of: property) }

    func requireOpen(doing action: String) throws(KafkaError) {
        guard !isClosed.load(ordering: .acquiring) else {
            throw KafkaError(
                code: KafkaError.Code.wrongState,
                doing: action,
                detail: "the consumer is closed"
            )
        }
    }

    private func event(for message: UnsafeMutablePointer<rd_kafka_message_t>) -> ConsumerEvent? {
        let code = message.pointee.err
        if code == RD_KAFKA_RESP_ERR_NO_ERROR { return .message(KafkaMessage(message, client: client)) }
        defer { rd_kafka_message_destroy(message) }
        let topic = message.pointee.rkt.flatMap { rd_kafka_topic_name($0) }.map { String(cString: $0) }
        let place = topic.map { TopicPartition(topic: $0, partition: message.pointee.partition) }
        if code == RD_KAFKA_RESP_ERR__PARTITION_EOF, let place {
            return .partitionEnd(place, message.pointee.offset)
        }
        if code == RD_KAFKA_RESP_ERR_INVALID_SESSION_TIMEOUT { return .error(refusedSession) }
        // The reason stands with the client, not with the message.
        if code == RD_KAFKA_RESP_ERR__FATAL, let fatalError { return .error(fatalError) }
        // No group, so that it does not matter whether one may be used.
        if isAlone, code == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED { return nil }
        let text = rd_kafka_message_errstr(message).map { String(cString: $0) }
        // Asked for the beginning or the end without the right, the library says that there is no offset.
        let refusal = RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED
        let isRefused =
            code == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET
            && text?.contains(String(cString: rd_kafka_err2str(refusal))) == true
        var error = KafkaError(
            code: (isRefused ? refusal : code).rawValue,
            doing: place.map { "reading \($0)" } ?? "reading",
            detail: text
        )
        error.partition = place
        return .error(error.naming(.read, topic: topic, of: client.pointer))
    }

    /// The broker lets nobody in with this session timeout, however often it is asked.
    private var refusedSession: KafkaError {
        KafkaError(
            code: KafkaError.Code.invalidSessionTimeout,
            doing: "cannot join group \(value(of: "group.id") ?? "?")",
            detail:
                "session.timeout.ms=\(value(of: "session.timeout.ms") ?? "?") is outside of what the broker allows: its "
                + "group.min.session.timeout.ms to group.max.session.timeout.ms, 6000 to 1800000 unless somebody has set "
                + "them",
            isRetriable: false, isFatal: true)
    }

    /// Gives everything back and waits until the coordinator knows, serving what the library asks meanwhile.
    private func leaveGroup(timeoutMs: Int32) -> Bool {
        // A revocation that was handed out but never answered would hold the close up for ever; not so where changes are
        // incremental, and there this call is refused.
        if !isIncremental { rd_kafka_assign(client.pointer, nil) }
        guard let queue = rd_kafka_queue_new(client.pointer) else { return false }
        defer { rd_kafka_queue_destroy(queue) }
        if let error = rd_kafka_consumer_close_queue(client.pointer, queue) {
            rd_kafka_error_destroy(error)
            return false
        }
        let deadline = ContinuousClock.now + .milliseconds(timeoutMs)
        while rd_kafka_consumer_closed(client.pointer) == 0 {
            guard ContinuousClock.now < deadline else { return false }
            let event = rd_kafka_queue_poll(queue, 50)
            if rd_kafka_event_type(event) == RD_KAFKA_EVENT_REBALANCE { rd_kafka_assign(client.pointer, nil) }
            rd_kafka_event_destroy(event)
        }
        return true
    }

    private static func refuseCooperative(_ properties: [(name: String, value: String)]) throws(KafkaError) {
        for (name, value) in properties where name == "partition.assignment.strategy" {
            guard value.contains("cooperative") else { continue }
            throw KafkaError(
                .reserved(property: name, instead: "use roundrobin or range; \(value) is not dependable yet")
            )
        }
    }
}
