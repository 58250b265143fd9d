internal import PipelineMessages

/// A partition of the shard topic of which the workers see no more, because a transaction in it is open.
package struct HeldPartition: Sendable, Equatable {
    /// The partition.
    package let partition: Int32
    /// The first offset that is held back.
    package let offset: Int64
    /// Since when, and how much, for people.
    package let text: String

    /// A partition that stands still at `offset`.
    package init(partition: Int32, offset: Int64, text: String) {
        self.partition = partition
        self.offset = offset
        self.text = text
    }
}

/// Tells transactions that nobody ends from those that pass: the same one is open at two looks, ``CoordinatorSettings/partitionsMs``
/// apart. No clock is compared with another.
struct HeldWatch: Sendable {
    /// Most partitions that are told, each by itself.
    static let toldMax = 8

    /// What was found at the last look, and whether it had been there before.
    private var found: [Int32: (held: HeldPartition, isOld: Bool)] = [:]

    /// Takes what a look found; returns what is to be said.
    mutating func learn(_ held: [HeldPartition]) -> [String] {
        let before = found
        found = [:]
        for entry in held {
            found[entry.partition] = (entry, before[entry.partition]?.held.offset == entry.offset)
        }
        let begun = found.filter { $0.value.isOld && before[$0.key]?.isOld != true }
        let over = before.filter { $0.value.isOld && found[$0.key]?.isOld != true }
        return begun.sorted { $0.key < $1.key }.prefix(Self.toldMax).map { "shards: \($0.value.held.text)" }
            + over.keys.sorted().prefix(Self.toldMax).map {
                "shards: partition \($0) goes on, the open transaction is over"
            }
    }

    /// What stands still.
    var alarms: [String] {
        let old = found.values.filter(\.isOld).map(\.held).sorted { $0.partition < $1.partition }
        let more = old.count > Self.toldMax ? ["and \(old.count - Self.toldMax) more partitions"] : []
        return (old.prefix(Self.toldMax).map(\.text) + more).map(RecordBounds.cut)
    }
}
