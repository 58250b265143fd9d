import ControlPlane
import Kafka
import PipelineMessages
import Threads

/// Where the workers' group is in each partition, as the broker says.
struct PositionsView {
    /// One partition.
    struct Place: Encodable {
        let partition: Int32
        /// The oldest offset that is still there, and the next one.
        let begin: Int64
        let end: Int64
        /// What is committed; `nil` where nothing is.
        let committed: Int64?
        /// Images below it; `nil` where what stands beside the offset can not be read, or is no worker's.
        let images: Int64?
        /// The last move that was carried out, by its offset in the control topic.
        let moved: Int64?
        /// Whether what stands beside the offset names more of the control topic than is there.
        let isForeign: Bool

        private enum CodingKeys: String, CodingKey { case partition, begin, end, committed, images, moved }

        /// Records that wait.
        var waiting: Int64 { max(0, end - max(begin, committed ?? 0)) }
        /// Offsets that were deleted before they were read.
        var deleted: Range<Int64> { (committed ?? 0)..<max(committed ?? 0, begin) }
    }

    private let link: Connection
    private let reader: KafkaConsumer

    init(_ link: Connection) throws {
        self.link = link
        reader = try KafkaConsumer(
            link.kafka, groupID: link.topics.workerGroup, options: ConsumerOptions(offsetReset: .error))
    }

    func close() { _ = reader.close() }

    /// Asks for these partitions.
    ///
    /// - Parameter control: Is read on where what is committed names more of it: a worker names only what was there before.
    func read(_ partitions: [Int32], beside control: ControlView) throws -> [Place] {
        let places = partitions.map { TopicPartition(topic: link.topics.shards, partition: $0) }
        let committed = try link.patience.wait(
            for: "the committed offsets of group \(link.topics.workerGroup)", callMs: 10_000
        ) { timeoutMs throws(KafkaError) in try reader.committed(places, timeoutMs: timeoutMs) }
        let extents = try extents(places)
        let known = committed.compactMapValues { saved in
            saved.offset == nil ? nil : try? PartitionProgress(text: saved.metadata)
        }
        if known.values.contains(where: { !$0.isKnown(below: control.readBelow) }) {
            try control.catchUp(timeoutMs: 10_000)
        }
        return places.compactMap { place -> Place? in
            guard let extent = extents[place] else { return nil }
            let saved = committed[place]
            let progress = known[place]
            // An offset without a word beside it is not a worker's.
            let isReadable = saved?.offset == 0 || saved?.metadata.isEmpty == false
            let isForeign = progress?.isKnown(below: control.readBelow) == false
            return Place(
                partition: place.partition, begin: extent.low, end: extent.high, committed: saved?.offset,
                images: isReadable && !isForeign ? progress?.images : nil,
                moved: isForeign ? nil : progress?.moved, isForeign: isForeign)
        }
    }

    private func extents(
        _ places: [TopicPartition]
    ) throws -> [TopicPartition: (low: Int64, high: Int64)] {
        do throws(KafkaError) {
            return try link.patience.wait(
                for: "the leaders of topic \(link.topics.shards)", callMs: 10_000
            ) { timeoutMs throws(KafkaError) in
                let found = try reader.extents(places, timeoutMs: timeoutMs)
                guard let silent = places.first(where: { found[$0] == nil }) else { return found }
                throw KafkaError(
                    code: KafkaError.Code.leaderNotAvailable,
                    doing: "\(silent): its leader does not say where it begins and ends")
            }
        } catch {
            guard !error.isRefusedAccess, !link.patience.isStopped else { throw error }
            let silent = link.silentLeaders(link.topics.shards, places.map(\.partition))
            guard !silent.isEmpty else { throw error }
            throw CommandError(
                Exit.unavailable,
                "topic \(link.topics.shards): \(silent.map(\.text).joined(separator: "; ")); see doctor, and --wait to wait longer"
            )
        }
    }

    /// The first record of a partition that is not older than a time, milliseconds since 1970; `nil` if none is so late.
    func offset(of partition: Int32, notBeforeMs time: Int64) throws -> Int64? {
        let place = TopicPartition(topic: link.topics.shards, partition: partition)
        return try link.patience.wait(for: "the leader of \(place)", callMs: 10_000) {
            timeoutMs throws(KafkaError) in
            try reader.offset(of: place, notBeforeMs: time, timeoutMs: timeoutMs)
        }
    }

    /// Images that lie below an offset, as the receipts tell; `nil` if none tells.
    ///
    /// Receipts of shards that are not there are somebody else's and do not count; nor do those below `since`, of what an
    /// earlier move has passed over, say.
    func images(below offset: Int64, since: Int64, _ place: Place) throws -> Int64? {
        var options = ConsumerOptions(offsetReset: .earliest, reportsPartitionEnd: true)
        options.queueKilobytes = 16_384
        let receipts = try TopicReading(link, link.topics.receipts, [place.partition], options)
        var below: (offset: Int64, images: Int64)?
        var above: (offset: Int64, images: Int64)?
        while true {
            switch try receipts.next(timeoutMs: 200) {
            case .message(let message):
                guard let receipt = try? JSONRecord.decode(Receipt.self, from: message.payload),
                    receipt.topic == link.topics.shards, receipt.partition == place.partition,
                    receipt.offset >= since, receipt.offset < place.end
                else { continue }
                if receipt.offset >= offset {
                    if receipt.offset < above?.offset ?? .max {
                        above = (receipt.offset, receipt.imagesBefore)
                    }
                } else if receipt.offset > below?.offset ?? -1 {
                    below = (receipt.offset, min(receipt.imagesAfter, RecordBounds.count.upperBound))
                }
            case .partitionEnd: return above?.images ?? below?.images
            case .error(let error) where error.isFatal: throw error
            case .error, .assigned, .revoked, nil: break
            }
        }
    }
}

extension PositionsView.Place {
    /// A partition that is being read would be elsewhere before the record of a move is.
    ///
    /// - Throws: `CommandError` 76.
    func refuseWhileRead(by owner: WorkerStatus.Partition?) throws {
        guard let owner, owner.blocked == nil, waiting > 0, deleted.isEmpty else { return }
        throw CommandError(
            Exit.refused,
            "partition \(partition) is being read, \(waiting) records wait: drain the workers first (hashiflex fleet drain), "
                + "then move it and start them again")
    }
}
