import Cutover
import Kafka
import PipelineMessages

/// Shards that were left out: they lie below one that has a prediction, and have neither a prediction nor a receipt of a dead
/// letter, nor were they passed over on the record.
struct UnscoredShards {
    /// A place in the shards topic.
    struct Place {
        let partition: Int32
        let offset: Int64
    }

    /// How many there are.
    private(set) var count = 0
    /// The first of them.
    private(set) var examples: [Place] = []

    /// Most shards that are looked at more closely, at 9 bytes each, twice that while the lists grow; more are counted as they
    /// are.
    private static let suspectsMax = 1_000_000
    private static let examplesMax = 8

    /// Reads the whole topic, and the receipts where something is missing.
    ///
    /// - Parameters:
    ///   - predicted: the shards that have predictions.
    ///   - moves: what the control topic says of partitions that went on elsewhere.
    init(_ predicted: PredictedShards, moves: [PositionMove], _ link: Connection) throws {
        let highest = predicted.highest
        let passedOver = moves.filter { $0.done != false && !$0.passedOver.isEmpty }
        // Whether nothing has been said of each yet.
        var suspects: [Int32: OffsetTable<Bool>] = [:]
        var room = Self.suspectsMax
        try Self.read(link.topics.shards, highest.keys.sorted(), link) { message in
            let place = Place(partition: message.partition, offset: message.offset)
            guard place.offset < highest[place.partition] ?? 0,
                predicted.backbone(partition: place.partition, offset: place.offset) == nil,
                message.header(ShardTopicKind.header) != Array(ShardTopicKind.marker.rawValue.utf8),
                !passedOver.contains(where: {
                    $0.partition == place.partition && $0.passedOver.contains(place.offset)
                })
            else { return }
            guard room > 0 else { return count += 1 }
            room -= 1
            suspects[place.partition, default: OffsetTable()].set(true, at: place.offset)
        }
        if !suspects.isEmpty {
            try Self.read(link.topics.receipts, suspects.keys.sorted(), link) { message in
                guard let receipt = try? JSONRecord.decode(Receipt.self, from: message.payload),
                    receipt.isDeadLetter(of: link.topics.shards, liesIn: message.partition),
                    suspects[message.partition]?[receipt.offset] == true
                else { return }
                suspects[message.partition]?.set(false, at: receipt.offset)
            }
        }
        for (partition, table) in suspects.sorted(by: { $0.key < $1.key }) {
            count += table.count { $0 }
            let some = table.lowest(Self.examplesMax - examples.count) { $0 }
            examples += some.map { Place(partition: partition, offset: $0) }
        }
    }

    /// Reads partitions of a topic from the beginning to where they end now.
    private static func read(
        _ topic: String, _ partitions: [Int32], _ link: Connection, _ body: (KafkaMessage) -> Void
    ) throws {
        guard !partitions.isEmpty else { return }
        let reading = try TopicReading(
            link, topic, partitions, TopicReading.wholeTopic(.earliest))
        var open = Set(partitions)
        while !open.isEmpty {
            switch try reading.next(timeoutMs: 500) {
            case .message(let message): if open.contains(message.partition) { body(message) }
            case .partitionEnd(let place, _): open.remove(place.partition)
            case .error(let error) where error.isFatal: throw error
            case .error, .assigned, .revoked, nil: break
            }
        }
        reading.sayHeldBack()
    }
}

extension Receipt {
    /// Whether it says that a shard of `topic` went to the dead letters, in the partition where the shard lies: of another it
    /// excuses nothing.
    package func isDeadLetter(of topic: String, liesIn partition: Int32) -> Bool {
        deadLetter != nil && self.topic == topic && self.partition == partition
    }
}
