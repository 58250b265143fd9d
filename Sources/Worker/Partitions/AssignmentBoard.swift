internal import PipelineMessages
internal import Synchronization

/// Which lanes are this worker's now, for the threads that do not own them.
final class AssignmentBoard: Sendable {
    struct Entry: Sendable {
        let lane: LaneID
        let head: HeadLabel?
        let blocked: String?
        let position: Int64
    }

    private let entries = Mutex<[Int32: Entry]>([:])

    func set(_ new: [Int32: Entry]) { entries.withLock { $0 = new } }

    /// Whether work of `lane` is still wanted.
    func isCurrent(_ lane: LaneID) -> Bool { entries.withLock { $0[lane.partition]?.lane == lane } }

    /// The partitions for the heartbeat.
    var partitions: [WorkerStatus.Partition] {
        entries.withLock { entries in
            entries.sorted { $0.key < $1.key }.map { partition, entry in
                WorkerStatus.Partition(
                    partition: partition, position: entry.position, head: entry.head,
                    blocked: entry.blocked)
            }
        }
    }
}
