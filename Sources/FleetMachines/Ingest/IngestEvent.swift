/// What can happen to an ingest.
package enum IngestEvent: Sendable {
    // Shards. Each has a number of its own, its flight. A stream offers one when it knows that the one before is with the
    // client library.

    /// A stream has a shard whose record takes so many bytes; `first` is the partition to try first, counted round. The
    /// flights of a stream grow in the order of its images.
    case offered(flight: UInt64, bytes: Int, images: Int, first: Int, from: IngestOrigin)
    /// The client library holds as much as it may, and did not take the shard.
    case queueFull(flight: UInt64)
    /// The client library has let go of some of what it held.
    case roomAgain
    /// The client library will never take the shard, and why.
    case refused(flight: UInt64, String)
    /// The broker has the shard's record, at this offset; `nil` where it did not say.
    case delivered(flight: UInt64, offset: Int64?)
    /// The shard's record was not delivered, and why.
    case deliveryFailed(flight: UInt64, String)
    /// A stream has read so many images that it will never offer.
    case unsent(images: Int)

    // Answers to questions.

    /// What the workers have committed; partitions without a committed offset are absent.
    case committed([Int32: Int64])
    /// The offset that the partition's next record will have.
    case end(Int64, partition: Int32)
    /// How many partitions the shard topic has.
    case partitionCount(Int)
    /// Where a partition stands that was added: offsets below `committed` are done, those below `end` exist.
    case start(committed: Int64, end: Int64, partition: Int32)
    /// The broker did not answer.
    case noAnswer(IngestQuestion)

    // Life.

    /// Somebody wants the end: what waits is not sent, what was sent has ``IngestSettings/endMs`` to be confirmed.
    case stop
    /// A stream has failed and no more is read: what was sent is confirmed as long as the broker confirms anything, what
    /// waits is not sent.
    case windDown
    /// No stream offers anything any more.
    case closed
    /// Time has passed. Comes at least every 50 ms.
    case tick
}

/// What an ingest asks the broker.
package enum IngestQuestion: Sendable, Hashable {
    /// What the workers have committed, in all partitions.
    case committed
    /// Where a partition ends now.
    case end(partition: Int32)
    /// How many partitions the shard topic has.
    case partitionCount
    /// Where a partition stands that was added.
    case start(partition: Int32)
}

/// Where a shard's images come from.
package struct IngestOrigin: Sendable, Hashable {
    /// The number of the stream, from 0.
    package let stream: Int
    /// The stream's name.
    package let name: String
    /// The id of the shard's first image.
    package let image: String

    /// The origin of a shard that begins with `image`.
    package init(stream: Int, name: String, image: String) {
        self.stream = stream
        self.name = name
        self.image = image
    }
}

/// What an ingest does.
package enum IngestAction: Sendable, Hashable {
    // For the stream that offered the shard. Each offer and each full queue is answered at once by one of these; after
    // `wait` another one follows.

    /// Hand the shard to the client library, for this partition.
    case send(flight: UInt64, partition: Int32)
    /// Wait: no partition, or the client library, has room.
    case wait(flight: UInt64)
    /// Do not send the shard, nor anything after it: a stream has no gap.
    case giveUp(flight: UInt64)

    /// Ask the broker: one question after the other, each answered.
    case ask(IngestQuestion)
    /// A line for people.
    case say(String)
    /// Ended: what was sent is confirmed.
    case done
    /// Ended because of this.
    case failed(String)
}
