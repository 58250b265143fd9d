internal import CRDKafka
import Synchronization

/// Looks for open transactions that hold readers of committed records back: by one client that sees what is committed, and one
/// that sees all. Use from one thread.
public final class OpenTransactionProbe: Sendable {
    private let committed: KafkaConsumer
    private let all: KafkaConsumer

    /// Records whose time is known: who looks again and again reads each once.
    private let known = Mutex<[TopicPartition: (offset: Int64, sinceMs: Int64)]>([:])

    /// How long a first record is read, milliseconds: the library takes more than a second until it fetches what is new to it.
    private static let readMs: Int32 = 3_000
    /// What one partition may send when its first record is asked for, bytes: only the record's time is wanted.
    private static let fetchBytes = 65_536

    /// Nothing is connected before something is asked.
    ///
    /// - Parameter reader: A client that sees what is committed and reads nothing; `nil` for one of its own.
    /// - Throws: ``KafkaError`` naming the property that is refused.
    public init(_ configuration: KafkaConfiguration, by reader: KafkaConsumer? = nil) throws(KafkaError) {
        var options = ConsumerOptions(offsetReset: .error, reportsPartitionEnd: true)
        options.queueKilobytes = 1_024
        options.fetchPartitionBytes = Self.fetchBytes
        if let reader {
            committed = reader
        } else {
            committed = try KafkaConsumer(configuration, groupID: nil, options: options)
        }
        options.isolation = .readUncommitted
        all = try KafkaConsumer(configuration, groupID: nil, options: options)
    }

    /// Asks these partitions, and reads the first record of each open transaction for its time.
    ///
    /// - Parameter timeoutMs: For each of two questions; records that were not seen before are read for 3 s at most.
    /// - Returns: Those that hold something back, by partition; ``OpenTransaction/sinceMs`` is `nil` where the record could not be
    ///   read in time. Partitions whose leader does not answer are left out.
    /// - Throws: ``KafkaError`` when nobody answered.
    public func find(
        _ partitions: [TopicPartition], timeoutMs: Int32
    ) throws(KafkaError) -> [OpenTransaction] {
        try look(partitions, timeoutMs: timeoutMs).open
    }

    /// The same, and the partitions of which it is not known, since their leader does not answer.
    ///
    /// - Throws: As ``find(_:timeoutMs:)``.
    public func look(
        _ partitions: [TopicPartition], timeoutMs: Int32
    ) throws(KafkaError) -> (open: [OpenTransaction], silent: [TopicPartition]) {
        // Nobody reads by them unless a transaction is new: what they have to say of their connections would pile up.
        for client in [committed, all] { while client.poll(timeoutMs: 0) != nil {} }
        // The ends first: what is committed meanwhile moves the other only.
        let ends = try all.offsets(partitions, at: .end, timeoutMs: timeoutMs)
        let stable = try committed.offsets(partitions, at: .end, timeoutMs: timeoutMs)
        let held = stable.compactMap { partition, offset -> (TopicPartition, from: Int64, to: Int64)? in
            guard let end = ends[partition], end > offset else { return nil }
            return (partition, offset, end)
        }
        var times = known.withLock { known in
            known = known.filter { partition, record in stable[partition] == record.offset }
            return known.mapValues(\.sinceMs)
        }
        let new = held.filter { times[$0.0] == nil }
        if !new.isEmpty { times.merge(try read(new.map { ($0.0, $0.from) })) { $1 } }
        let open = held.map { OpenTransaction($0.0, from: $0.from, to: $0.to, sinceMs: times[$0.0]) }
        return (
            open.sorted { $0.partition < $1.partition },
            partitions.filter { ends[$0] == nil || stable[$0] == nil }
        )
    }

    /// The time of the first record at or behind each offset.
    private func read(_ places: [(TopicPartition, Int64)]) throws(KafkaError) -> [TopicPartition: Int64] {
        defer { try? all.unassign() }
        try all.assign(places.map { ($0.0, .offset($0.1)) })
        var search = FirstRecordSearch(places.map(\.0))
        var times: [TopicPartition: Int64] = [:]
        let deadline = ContinuousClock.now + .milliseconds(Self.readMs)
        while !search.isOver, ContinuousClock.now < deadline {
            switch all.poll(timeoutMs: 50) {
            case .message(let message):
                guard search.heard(message.topicPartition) else { continue }
                times[message.topicPartition] = message.timestampMs
                if let offset = places.first(where: { $0.0 == message.topicPartition })?.1,
                    let sinceMs = message.timestampMs
                {
                    known.withLock { $0[message.topicPartition] = (offset, sinceMs) }
                }
                try? all.pause([message.topicPartition])
            case .partitionEnd(let partition, _): search.ended(partition)
            // The offsets are known all the same.
            case .error(let error): search.failed(error)
            case .assigned, .revoked, nil: break
            }
        }
        return times
    }
}

extension KafkaConsumer {
    /// Where a partition that is read ends by the last answer to a fetch, open transactions included; asks nobody.
    ///
    /// - Returns: `nil` before the first answer.
    public func knownEnd(of partition: TopicPartition) -> Int64? {
        var (low, high): (Int64, Int64) = (-1, -1)
        let code = rd_kafka_get_watermark_offsets(
            client.pointer, partition.topic, partition.partition, &low, &high)
        return code == RD_KAFKA_RESP_ERR_NO_ERROR && high >= 0 ? high : nil
    }
}
