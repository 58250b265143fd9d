import Artifacts
import Cutover

/// The shards that have predictions, and the backbone of the last. Pure.
///
/// Memory: 12 bytes a shard, up to twice that while the lists grow; about 60 bytes for one whose predictions came behind those of a
/// later one of its partition.
package struct PredictedShards: Sendable {
    private var partitions: [Int32: OffsetTable<UInt32>] = [:]
    private var backbones: [ContentDigest] = []
    private var numbers: [ContentDigest: UInt32] = [:]
    private let known: Range<Int32>
    /// How many predictions name a partition that the topic has not.
    package private(set) var unknownPlaces = 0

    /// Knows of none.
    ///
    /// - Parameter partitions: How many the shard topic has; anyone may write a prediction that names another.
    package init(partitions: Int) { known = 0..<Int32(clamping: max(0, partitions)) }

    /// How many there are.
    package var count: Int { partitions.values.reduce(0) { $0 + $1.count } }

    /// The highest of each partition that has one.
    package var highest: [Int32: Int64] { partitions.compactMapValues(\.highest) }

    /// The backbone that predicted a shard; `nil` where it has no prediction.
    package func backbone(partition: Int32, offset: Int64) -> ContentDigest? {
        partitions[partition]?[offset].map { backbones[Int($0)] }
    }

    /// Learns of a prediction; returns whether the topic has such a partition.
    @discardableResult
    package mutating func learn(partition: Int32, offset: Int64, backbone: ContentDigest) -> Bool {
        guard known.contains(partition) else {
            unknownPlaces += 1
            return false
        }
        let number = numbers[backbone] ?? UInt32(truncatingIfNeeded: backbones.count)
        if Int(number) == backbones.count {
            backbones.append(backbone)
            numbers[backbone] = number
        }
        partitions[partition, default: OffsetTable()].set(number, at: offset)
        return true
    }
}
