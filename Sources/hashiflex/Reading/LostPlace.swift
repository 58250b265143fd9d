import Kafka

/// A partition that has not the record that was to be read next, and why, as far as its two ends tell. Pure.
package struct LostPlace: Equatable {
    /// What became of the record.
    package enum Cause: Equatable {
        /// The partition begins above it.
        case deleted(below: Int64)
        /// The partition ends below it, although it was read to there.
        case cutOff(end: Int64)
        /// The partition has it, or will: whoever answered did not know.
        case unheard(end: Int64)
        /// Nobody says where the partition begins and ends, or nothing was read yet.
        case unknown
    }

    private let partition: TopicPartition
    private let next: Int64?
    /// What became of it.
    package let cause: Cause

    /// A partition that does not go on.
    ///
    /// - Parameters:
    ///   - next: The offset that was to be read next; `nil` if nothing was read.
    ///   - extent: Where the partition begins and ends now; `nil` if nobody says.
    package init(_ partition: TopicPartition, next: Int64?, extent: (low: Int64, high: Int64)?) {
        self.partition = partition
        self.next = next
        cause =
            switch (next, extent) {
            case (let next?, let extent?) where next < extent.low: .deleted(below: extent.low)
            case (let next?, let extent?) where next > extent.high: .cutOff(end: extent.high)
            case (_?, let extent?): .unheard(end: extent.high)
            case (_, nil), (nil, _): .unknown
            }
    }

    /// What happened, and what to do.
    ///
    /// - Parameter error: What the library said.
    package func text(_ error: KafkaError) -> String {
        let next = next ?? 0
        return switch cause {
        case .deleted(let begin):
            "\(partition): offsets \(next) to \(begin - 1) were deleted before they were read; raise the topic's retention, or "
                + "read sooner"
        case .cutOff(let end):
            "\(partition): was read to offset \(next) and now ends at \(end): records that had been read are gone. Either a node "
                + "without them was made the leader (unclean.leader.election.enable, or a disk that was lost), or the topic "
                + "was deleted and created anew; nothing is short because of retention. See doctor, and read anew"
        case .unheard(let end):
            "\(partition): offset \(next) was not known to the node that answered, though the partition ends at \(end): its "
                + "leader has just changed, or the topic was created anew; nothing is short because of retention. Read anew "
                + "(\(error))"
        case .unknown:
            "\(partition): there is nothing at the place to be read, and its leader does not say where the partition begins and "
                + "ends; see doctor (\(error))"
        }
    }
}
