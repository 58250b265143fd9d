public import Artifacts

/// What was made of one shard, and by whom: the unit of the throughput ledger.
///
/// Topic `receipts`, same partition as the shard, key `topic/partition@offset`. Unlike a
/// ``Prediction`` it names the worker; after a redelivery the first receipt of a shard counts.
public struct Receipt: Hashable, Sendable, Codable, WireKeyed {
    /// Always `receipt/1`.
    public var schema = "receipt/1"
    /// The shard topic.
    public var topic: String
    /// The partition of the shard.
    public var partition: Int32
    /// The offset of the shard.
    public var offset: Int64
    /// The stream; empty when the shard could not be read.
    public var stream: String
    /// Images in the shard, errors included; 0 for a dead letter.
    public var images: Int
    /// Images among them that could not be read.
    public var errors: Int
    /// Images of this partition below this shard; a pure function of the offset.
    public var imagesBefore: Int64
    /// Why the shard went to the dead letters; absent otherwise.
    public var deadLetter: String?
    /// The head that scored it.
    public var head: ContentDigest?
    /// Human name of the head.
    public var headName: HeadLabel?
    /// The worker, as in its heartbeats.
    public var worker: String
    /// Which life of that worker.
    public var incarnation: String
    /// From the poll that returned the shard to its last image scored, microseconds.
    public var serviceUs: Int64
    /// When it was scored, milliseconds since 1970.
    public var scoredAtMs: Int64

    private enum CodingKeys: String, CodingKey {
        case schema, topic, partition, offset, stream, images, errors, head, worker, incarnation
        case imagesBefore = "images_before"
        case deadLetter = "dead_letter"
        case headName = "head_name"
        case serviceUs = "service_us"
        case scoredAtMs = "scored_at_ms"
    }

    /// A receipt for one shard.
    public init(
        topic: String, partition: Int32, offset: Int64, stream: String, images: Int, errors: Int,
        imagesBefore: Int64, deadLetter: String?, head: HeadStamp?, worker: String, incarnation: String,
        serviceUs: Int64, scoredAtMs: Int64
    ) {
        self.topic = topic
        self.partition = partition
        self.offset = offset
        self.stream = stream
        self.images = images
        self.errors = errors
        self.imagesBefore = imagesBefore
        self.deadLetter = deadLetter
        self.head = head?.head
        headName = head?.label
        self.worker = worker
        self.incarnation = incarnation
        self.serviceUs = serviceUs
        self.scoredAtMs = scoredAtMs
    }

    /// The record's key.
    public var key: String { "\(topic)/\(partition)@\(offset)" }
    /// Images of this partition up to and including this shard.
    public var imagesAfter: Int64 { imagesBefore + Int64(images) }
}

extension Receipt {
    /// The record's bytes: what ``JSONRecord/encode(_:)`` gives, without its cost, because there is one a shard.
    public var json: [UInt8] {
        var writer = JSONWriter(capacity: 512)
        if let deadLetter {
            writer.raw("{\"dead_letter\":")
            writer.string(deadLetter)
            writer.raw(",")
        } else {
            writer.raw("{")
        }
        writer.raw("\"errors\":")
        writer.integer(Int64(errors))
        if let head {
            writer.raw(",\"head\":")
            writer.hex(head)
        }
        if let headName {
            writer.raw(",\"head_name\":")
            writer.string(headName.description)
        }
        writer.raw(",\"images\":")
        writer.integer(Int64(images))
        writer.raw(",\"images_before\":")
        writer.integer(imagesBefore)
        writer.raw(",\"incarnation\":")
        writer.string(incarnation)
        writer.raw(",\"offset\":")
        writer.integer(offset)
        writer.raw(",\"partition\":")
        writer.integer(Int64(partition))
        writer.raw(",\"schema\":")
        writer.string(schema)
        writer.raw(",\"scored_at_ms\":")
        writer.integer(scoredAtMs)
        writer.raw(",\"service_us\":")
        writer.integer(serviceUs)
        writer.raw(",\"stream\":")
        writer.string(stream)
        writer.raw(",\"topic\":")
        writer.string(topic)
        writer.raw(",\"worker\":")
        writer.string(worker)
        writer.raw("}")
        return writer.bytes
    }
}
