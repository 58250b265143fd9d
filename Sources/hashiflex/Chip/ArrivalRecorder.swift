import ChipModel
import Kafka
import PipelineMessages
import Threads

/// Reads the shard topic beside the workers, all partitions, outside of their group.
final class ArrivalRecorder {
    private let consumer: KafkaConsumer
    private let partitions: Int
    private var ended: Set<Int32> = []
    private var ends = PassedEnds()

    init(_ link: Connection, fromBeginning: Bool) throws {
        partitions = try link.partitions
        var options = ConsumerOptions(offsetReset: .latest, reportsPartitionEnd: true)
        options.queueKilobytes = 65_536
        consumer = try KafkaConsumer(
            link.kafka, groupID: nil, options: options)
        try consumer.assign(
            (0..<Int32(partitions)).map {
                (
                    TopicPartition(topic: link.topics.shards, partition: $0),
                    fromBeginning ? .beginning : .end
                )
            })
    }

    deinit { _ = consumer.close() }

    /// Whether all was read that was there at the beginning: sensors may go on sending.
    var hasSeenEnd: Bool { ended.count == partitions }

    /// Takes the next record, if one comes within `timeoutMs`.
    func step(_ recording: inout ArrivalRecording, timeoutMs: Int32) throws {
        switch consumer.poll(timeoutMs: timeoutMs) {
        case .message(let message):
            let place = message.topicPartition
            if ends.pass(place, offset: message.offset, steadyMs: Clock.steadyMs, consumer.knownEnd) {
                ended.insert(place.partition)
            }
            guard message.header(ShardTopicKind.header) != Array(ShardTopicKind.marker.rawValue.utf8) else {
                return recording.skip(.marker)
            }
            let count = message.withPayload { try? ShardCodec.imageCount($0) }
            guard let count else { return recording.skip(.unreadable) }
            recording.add(images: count, milliseconds: message.timestampMs)
        case .partitionEnd(let partition, _): ended.insert(partition.partition)
        case .error(let error) where error.isFatal: throw error
        case .error, .assigned, .revoked, nil: break
        }
    }
}
