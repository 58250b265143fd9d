import ControlPlane
import Kafka
import PipelineMessages
import Threads

/// Asks the shard topic: finds a cut-over's markers in the partitions, whoever wrote them, and where partitions end.
///
/// The first marker of the cut-over in each partition counts. So a second one, written by a coordinator that was thought
/// dead, changes nothing.
///
/// One reader serves a whole life: a new one would have to learn the topic's leaders first, which takes librdkafka up to
/// a second.
final class MarkerSearch: Sendable {
    private let options: CoordinatorOptions
    private let reader: KafkaConsumer
    private let admin: KafkaAdmin

    init(_ options: CoordinatorOptions) throws(KafkaError) {
        self.options = options
        admin = try KafkaAdmin(options.kafka)
        // Where retention has passed the place to begin at, the search begins with what is left.
        var consumerOptions = ConsumerOptions(offsetReset: .earliest, reportsPartitionEnd: true)
        consumerOptions.queueKilobytes = 16_384
        reader = try KafkaConsumer(
            options.kafka, groupID: nil, options: consumerOptions)
    }

    func close() { _ = reader.close() }

    /// The ends of all partitions that there are now: where a later search for markers begins.
    func ends() throws(KafkaError) -> [PartitionOffset] {
        let count = try admin.partitionCount(of: options.topics.shards, timeoutMs: 10_000)
        var ends: [PartitionOffset] = []
        for partition in 0..<Int32(clamping: count) {
            let high = try reader.watermarks(topicPartition(partition), timeoutMs: 10_000).high
            ends.append(PartitionOffset(partition: partition, offset: high))
        }
        return ends
    }

    /// Partitions whose topic is another one than the one that the checkpoint is of: the first record that was appended behind
    /// the checkpoint's time lies below its offset.
    func isAnew(_ checkpoints: [PositionCheckpoint]) throws(KafkaError) -> [Int32] {
        var anew: [Int32] = []
        for checkpoint in checkpoints {
            let first = try reader.offset(
                of: topicPartition(checkpoint.partition),
                notBeforeMs: checkpoint.atMs + PositionCheckpoint.clockSlackMs, timeoutMs: 10_000)
            if let first, first < checkpoint.offset { anew.append(checkpoint.partition) }
        }
        return anew
    }

    /// Reads each partition from `from` to its end; returns the first marker of the cut-over in each.
    ///
    /// - Throws: ``/Kafka/KafkaError``; also when all others have one and of some it can not be known, since a transaction in them
    ///   is open.
    func find(
        _ record: CutoverRecord, from: [PartitionOffset]
    ) throws(KafkaError) -> [PartitionOffset] {
        defer { try? reader.unassign() }
        var progress = MarkerProgress(from.map(\.partition), nowMs: Clock.steadyMs)
        var found: [PartitionOffset] = []
        try reader.assign(from.map { (topicPartition($0.partition), .offset($0.offset)) })
        let deadline = Clock.steadyMs + 30_000
        search: while Clock.steadyMs < deadline {
            switch progress.step(nowMs: Clock.steadyMs) {
            case .read: break
            case .end: break search
            case .held(let held):
                throw KafkaError(
                    code: KafkaError.Code.timedOut,
                    doing: "a transaction is open in partitions \(held) of \(options.topics.shards)",
                    detail: "whether the markers stand behind it can not be seen before it ends; see doctor")
            }
            switch reader.poll(timeoutMs: 200) {
            case .message(let message):
                progress.heard(message.partition)
                guard progress.wants(message.partition), isMarker(message, of: record) else { continue }
                found.append(PartitionOffset(partition: message.partition, offset: message.offset))
                progress.found(message.partition)
            case .partitionEnd(let place, let end):
                progress.ended(place.partition, at: end, known: reader.knownEnd(of: place))
            case .error(let error):
                if error.isFatal { throw error }
            case .assigned, .revoked, nil: break
            }
        }
        guard progress.step(nowMs: Clock.steadyMs) == .end else {
            throw KafkaError(
                code: KafkaError.Code.timedOut,
                doing: "partitions \(progress.open.sorted()) could not be searched")
        }
        return found.sorted { $0.partition < $1.partition }
    }

    private func isMarker(_ message: KafkaMessage, of record: CutoverRecord) -> Bool {
        guard message.header(ShardTopicKind.header) == Array(ShardTopicKind.marker.rawValue.utf8),
            let marker = try? JSONRecord.decode(CutoverMarker.self, from: message.payload)
        else { return false }
        // Anyone may write one that bears the request's name.
        return marker == CutoverMarker(of: record)
    }

    private func topicPartition(_ partition: Int32) -> TopicPartition {
        TopicPartition(topic: options.topics.shards, partition: partition)
    }
}
