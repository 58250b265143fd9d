internal import PipelineMessages

/// Sees that the shard topic is another one than the control topic speaks of, though it has the name: it ends below where workers
/// stood or a head came into force, or its records are younger than what stood there. Pure.
///
/// Kafka's own identity of a topic is told to no client before librdkafka 2.3.0.
struct TopicWatch: Sendable {
    /// A partition that ends too early.
    private struct Short: Sendable {
        let known: Int64
        let end: Int64
        let sinceMs: Int64
        var isSaid = false
    }

    /// Most partitions that the alarm names.
    private static let namedMax = 8

    private var short: [Int32: Short] = [:]
    /// Those of which something was too young, and what stands beside their offset moved then.
    private var young: [Int32: (stood: Int64, moved: Int64?)] = [:]
    /// Those that ended too early for long, and do not any more: what is in them is not known.
    private(set) var grown: Set<Int32> = []

    /// Takes how far the partitions go; `known` says below which offset there must be records.
    mutating func learn(
        _ extents: [Int32: PartitionExtent], forMs patienceMs: Int64, nowMs: Int64,
        known: (Int32) -> Int64
    ) {
        for (partition, extent) in extents {
            let known = known(partition)
            guard extent.end < known else {
                if let before = short.removeValue(forKey: partition), before.isSaid {
                    grown.insert(partition)
                }
                continue
            }
            let sinceMs = short[partition]?.sinceMs ?? nowMs
            // A node that is behind, or was cut off, tells an old end for a while.
            short[partition] = Short(
                known: known, end: extent.end, sinceMs: sinceMs, isSaid: nowMs - sinceMs >= patienceMs)
        }
    }

    /// Takes the answer about a partition whose records were looked at.
    mutating func judged(_ checkpoint: PositionCheckpoint, isAnew: Bool) {
        grown.remove(checkpoint.partition)
        young[checkpoint.partition] = isAnew ? (checkpoint.offset, checkpoint.moved) : nil
    }

    /// Nothing is known of its records, and nothing can be asked.
    mutating func forget(_ partition: Int32) { grown.remove(partition) }

    /// Where a person has said meanwhile where to go on, that counts.
    mutating func settle(_ stand: [PartitionStand]) {
        for place in stand {
            guard let known = young[place.partition], place.progress.moved ?? -1 > known.moved ?? -1 else {
                continue
            }
            young[place.partition] = nil
        }
    }

    /// Whether nobody may be told to go on in the partition where it stood.
    func doubts(_ partition: Int32) -> Bool { short[partition] != nil || young[partition] != nil }

    /// What stands, for people; one line.
    func alarms(_ topic: String) -> [String] {
        var all = young.mapValues { "stood at \($0.stood), and its records are younger" }
        for (partition, short) in short where short.isSaid {
            all[partition] = "goes to \(short.known) at least, and ends at \(short.end)"
        }
        let partitions = all.keys.sorted()
        guard let first = partitions.first, let why = all[first] else { return [] }
        let named = partitions.prefix(Self.namedMax).map(String.init).joined(separator: ", ")
        let more = partitions.count > Self.namedMax ? " and \(partitions.count - Self.namedMax) more" : ""
        return [
            RecordBounds.cut(
                "\(topic) is another topic than the one that the control topic speaks of (partitions \(named)\(more); "
                    + "partition \(first) \(why)): \(StrangeTopic.remedy)")
        ]
    }
}
