import Kafka
import PipelineMessages

/// Shards that were left out: they lie below one that has a prediction, and have neither a prediction nor a receipt of a dead
/// letter, nor were they passed over on the record.
struct UnscoredShards {
    /// A place in the shards topic.
    typealias Place = PreprocessingAudit.Place

    /// How many there are.
    private(set) var count = 0
    /// The first of them.
    private(set) var examples: [Place] = []

    /// Most shards that are looked at more closely; more are counted as they are.
    private static let suspectsMax = 1_000_000
    private static let examplesMax = 8

    /// Reads the whole topic, and the receipts where something is missing.
    ///
    /// - Parameters:
    ///   - predicted: the shards that have predictions.
    ///   - moves: what the control topic says of partitions that went on elsewhere.
    init(_ predicted: Set<Place>, moves: [PositionMove], _ link: Connection) throws {
        var highest: [Int32: Int64] = [:]
        for place in predicted { highest[place.partition] = max(highest[place.partition] ?? 0, place.offset) }
        let passedOver = moves.filter { $0.done != false && !$0.passedOver.isEmpty }
        var suspects: Set<Place> = []
        try Self.read(link.topics.shards, Array(highest.keys), link) { message in
            let place = Place(partition: message.partition, offset: message.offset)
            guard place.offset < highest[place.partition] ?? 0, !predicted.contains(place),
                message.header(ShardTopicKind.header) != Array(ShardTopicKind.marker.rawValue.utf8),
                !passedOver.contains(where: {
                    $0.partition == place.partition && $0.passedOver.contains(place.offset)
                })
            else { return }
            if suspects.count < Self.suspectsMax { suspects.insert(place) } else { count += 1 }
        }
        if !suspects.isEmpty {
            try Self.read(link.topics.receipts, Set(suspects.map(\.partition)).sorted(), link) { message in
                guard let receipt = try? JSONRecord.decode(Receipt.self, from: message.payload),
                    receipt.deadLetter != nil
                else { return }
                suspects.remove(Place(partition: message.partition, offset: receipt.offset))
            }
        }
        count += suspects.count
        let ordered = suspects.sorted { ($0.partition, $0.offset) < ($1.partition, $1.offset) }
        examples = Array(ordered.prefix(Self.examplesMax))
    }

    /// Reads partitions of a topic from the beginning to where they end now.
    private static func read(
        _ topic: String, _ partitions: [Int32], _ link: Connection, _ body: (KafkaMessage) -> Void
    ) throws {
        guard !partitions.isEmpty else { return }
        let reading = try TopicReading(
            link, topic, partitions, ConsumerOptions(offsetReset: .earliest, reportsPartitionEnd: true))
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
