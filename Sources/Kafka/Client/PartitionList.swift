internal import CRDKafka

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// An owned list of partitions in the library's form.
struct PartitionList: ~Copyable {
    let pointer: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

    init(capacity: Int) {
        guard let list = rd_kafka_topic_partition_list_new(Int32(capacity)) else {
            preconditionFailure("the library gave no partition list: out of memory")
        }
        pointer = list
    }

    /// Partitions without offsets.
    init(_ partitions: [TopicPartition]) {
        self.init(capacity: partitions.count)
        for partition in partitions { add(partition, offset: Int64(RD_KAFKA_OFFSET_INVALID)) }
    }

    /// Whole topics, for a subscription.
    init(topics: [String]) {
        self.init(capacity: topics.count)
        for topic in topics {
            add(
                TopicPartition(topic: topic, partition: RD_KAFKA_PARTITION_UA),
                offset: Int64(RD_KAFKA_OFFSET_INVALID)
            )
        }
    }

    /// Offsets to commit, each with its metadata.
    init(_ commits: [OffsetCommit]) {
        self.init(capacity: commits.count)
        for commit in commits { add(commit.partition, offset: commit.offset, metadata: commit.metadata) }
    }

    deinit { rd_kafka_topic_partition_list_destroy(pointer) }

    func add(_ partition: TopicPartition, offset: Int64, metadata: String = "") {
        guard let added = rd_kafka_topic_partition_list_add(pointer, partition.topic, partition.partition)
        else { preconditionFailure("the library could not extend a partition list: out of memory") }
        added.pointee.offset = offset
        guard !metadata.isEmpty else { return }
        // The list frees this with free(3).
        let copy: UnsafeMutablePointer<CChar>? = strdup(metadata)
        added.pointee.metadata = UnsafeMutableRawPointer(copy)
        added.pointee.metadata_size = metadata.utf8.count
    }

    /// The first partition that carries an error of its own, as an error.
    func firstFailure(doing action: String) -> KafkaError? {
        Self.firstFailure(in: pointer, doing: action)
    }

    /// Whether waiting may mend what any partition carries.
    var mayPass: Bool {
        Self.elements(of: pointer).contains {
            $0.err != RD_KAFKA_RESP_ERR_NO_ERROR && KafkaError(code: $0.err.rawValue, doing: "").mayPass
        }
    }

    static func firstFailure(
        in list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?,
        doing action: String
    ) -> KafkaError? {
        for element in elements(of: list) where element.err != RD_KAFKA_RESP_ERR_NO_ERROR {
            return KafkaError(code: element.err.rawValue, doing: "\(action) of \(name(of: element))")
        }
        return nil
    }

    /// The partitions of a list the library owns.
    static func partitions(
        of list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?
    ) -> [TopicPartition] {
        elements(of: list).map { name(of: $0) }.sorted()
    }

    static func elements(
        of list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?
    ) -> UnsafeBufferPointer<rd_kafka_topic_partition_t> {
        UnsafeBufferPointer(start: list?.pointee.elems, count: Int(list?.pointee.cnt ?? 0))
    }

    static func name(of element: rd_kafka_topic_partition_t) -> TopicPartition {
        TopicPartition(topic: element.topic.map { String(cString: $0) } ?? "", partition: element.partition)
    }

    /// The metadata text of an element; empty when there is none.
    static func metadata(of element: rd_kafka_topic_partition_t) -> String {
        guard let text = element.metadata, element.metadata_size > 0 else { return "" }
        return self.text(UnsafeRawBufferPointer(start: text, count: element.metadata_size))
    }

    /// The text that was committed, without the zero bytes at its end: Python's confluent-kafka adds one, to ours as well.
    private static func text(_ bytes: some BidirectionalCollection<UInt8>) -> String {
        var end = bytes.endIndex
        while end > bytes.startIndex, bytes[bytes.index(before: end)] == 0 {
            end = bytes.index(before: end)
        }
        return String(decoding: bytes[..<end], as: UTF8.self)
    }
}

extension StartOffset {
    /// The library's number for this start.
    var number: Int64 {
        switch self {
        case .beginning: return Int64(RD_KAFKA_OFFSET_BEGINNING)
        case .end: return Int64(RD_KAFKA_OFFSET_END)
        case .committed: return Int64(RD_KAFKA_OFFSET_INVALID)
        case .offset(let offset):
            precondition(offset >= 0, "a start offset is not negative, got \(offset)")
            return offset
        case .tail(let count):
            precondition(count >= 0, "a tail count is not negative, got \(count)")
            return Int64(RD_KAFKA_OFFSET_TAIL_BASE) - count
        }
    }
}
