public import Artifacts
public import PipelineMessages

/// What people ask of the log: which head is in force where, and which one was before.
extension ActivationLog {
    /// What to go back to: the newest cut-over of a slot for every partition with another head than the last one has. A canary was
    /// never in force everywhere, and those that give added partitions a head that is in force elsewhere were asked for by nobody.
    public func predecessor(_ slot: HeadSlot) -> CutoverRecord? {
        let asked = committed.filter { $0.slot == slot && $0.restates == nil }
        guard let current = asked.last else { return nil }
        return asked.last { $0.partitions == nil && $0.head != current.head }
    }

    /// Whether a head was ever in force under this name.
    func isCommitted(_ head: ContentDigest, as label: HeadLabel) -> Bool {
        cutovers.values.contains { $0.state == .committed && $0.head == head && $0.label == label }
    }

    /// The heads in force behind all committed markers, by partition.
    public var headsAtTheEnd: [Int32: [HeadInForce]] {
        Dictionary(uniqueKeysWithValues: markers.keys.map { ($0, inForce(partition: $0, below: .max)) })
    }

    /// The cut-over by which a prediction says it was scored, if that is announced and not committed: where its markers lie is not
    /// known yet, while a worker goes by one as soon as it is announced.
    public func undecided(_ prediction: Prediction) -> CutoverRecord? {
        open.first { record in
            record.state == .committing && record.number == prediction.cutover
                && record.head == prediction.head
                && (record.slot == .standard || record.slot == .stream(prediction.stream))
                && record.scanFrom?.contains {
                    $0.partition == prediction.partition && $0.offset <= prediction.offset
                } ?? false
        }
    }

    /// Whether any partition has this head, behind all committed markers.
    public func isInForce(_ head: ContentDigest) -> Bool {
        markers.keys.contains { partition in
            inForce(partition: partition, below: .max).contains { $0.head == head }
        }
    }
}
