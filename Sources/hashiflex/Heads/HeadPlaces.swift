import PipelineMessages

/// Where which head is in force, for people. Pure.
package struct HeadPlaces {
    /// Most partitions that are named.
    private static let namedMax = 8

    private let partitions: [Int32: [HeadInForce]]
    /// How many partitions have a head for a slot.
    private let counts: [HeadSlot: Int]

    /// - Parameter partitions: The heads in force, by partition.
    package init(_ partitions: [Int32: [HeadInForce]]) {
        self.partitions = partitions
        counts = partitions.values.joined().reduce(into: [:]) { $0[$1.slot, default: 0] += 1 }
    }

    /// The slots that a head is in force for, with its partitions where others have another one: `default`, `stream:cam (p0 p3)`.
    ///
    /// One head may have several names; what is in force is the name that was pushed.
    package func slots(of head: HeadManifest) -> [String] {
        var places: [HeadSlot: [Int32]] = [:]
        for (partition, heads) in partitions {
            for here in heads where here.head == head.head && here.label == head.label {
                places[here.slot, default: []].append(partition)
            }
        }
        return places.map { slot, here in
            guard here.count < counts[slot] ?? 0 else { return slot.description }
            let named = here.sorted().prefix(Self.namedMax).map { "p\($0)" }.joined(separator: " ")
            let more = here.count > Self.namedMax ? " and \(here.count - Self.namedMax) more" : ""
            return "\(slot) (\(named)\(more))"
        }.sorted()
    }
}
