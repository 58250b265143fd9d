internal import PipelineMessages

/// Sees that the shard topic is another one than the control topic speaks of, though it has the name: it ends below where workers
/// stood or a head came into force, or its records are younger than what stood there. Pure.
///
/// Kafka's own identity of a topic is told to no client before librdkafka 2.3.0.
struct TopicWatch: Sendable {
    /// A partition that ends too early.
    private struct Short: Sendable {
        let known: Int64
        var end: Int64
        /// When the nodes are asked for its end.
        var askAtMs: Int64
        /// Whether they say the same.
        var isConfirmed = false
    }

    /// Most partitions that the alarm names.
    private static let namedMax = 8
    /// Most partitions that the nodes are asked for at once.
    private static let askedMax = 4

    private var short: [Int32: Short] = [:]
    /// Those of which something was too young, and what stands beside their offset moved then.
    private var young: [Int32: (stood: Int64, moved: Int64?)] = [:]
    /// Those of which all said that they ended too early, and do not any more: what is in them is not known.
    private(set) var grown: Set<Int32> = []

    /// Takes how far the partitions go; `known` says below which offset there must be records.
    mutating func learn(
        _ extents: [Int32: PartitionExtent], patienceMs: Int64, nowMs: Int64, known: (Int32) -> Int64
    ) {
        for (partition, extent) in extents {
            let known = known(partition)
            guard extent.end < known else {
                if short.removeValue(forKey: partition)?.isConfirmed == true { grown.insert(partition) }
                continue
            }
            if short[partition]?.known == known {
                short[partition]?.end = extent.end
            } else {
                let before = short[partition]
                short[partition] = Short(
                    known: known, end: extent.end, askAtMs: before?.askAtMs ?? nowMs + patienceMs,
                    isConfirmed: before?.isConfirmed ?? false)
            }
        }
    }

    /// What the nodes are to be asked: a node that is behind, or was cut off from its peers, tells an old end, and goes on telling it
    /// to whoever has asked it before.
    mutating func questions(patienceMs: Int64, nowMs: Int64) -> [PartitionOffset] {
        let due = short.filter { !$0.value.isConfirmed && nowMs >= $0.value.askAtMs }
        return due.sorted { $0.key < $1.key }.prefix(Self.askedMax).map { partition, short in
            self.short[partition]?.askAtMs = nowMs + patienceMs
            return PartitionOffset(partition: partition, offset: short.known)
        }
    }

    /// Takes what they say.
    mutating func told(_ ends: [PartitionOffset], wanted: [PartitionOffset]) {
        for told in ends {
            guard let known = short[told.partition]?.known, told.offset < known,
                wanted.contains(PartitionOffset(partition: told.partition, offset: known))
            else { continue }
            short[told.partition]?.isConfirmed = true
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
        for (partition, short) in short where short.isConfirmed {
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
