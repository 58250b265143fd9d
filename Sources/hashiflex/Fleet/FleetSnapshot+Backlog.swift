import FleetMachines
import PipelineMessages
import Threads

/// How large the records are that wait, by those that workers have opened: Kafka tells offsets, not bytes.
package struct ShardSizes {
    /// Mean bytes of a record, by partition, as its worker found it.
    private var byPartition: [Int32: Double] = [:]
    /// The same of all workers together; `nil` where none has opened any.
    private let mean: Double?

    /// What these workers say.
    package init(_ workers: [WorkerStatus]) {
        var all: [Double] = []
        for worker in workers {
            guard let bytes = worker.shardBytes.map(Double.init) else { continue }
            all.append(bytes)
            for partition in worker.partitions { byPartition[partition.partition] = bytes }
        }
        mean = all.isEmpty ? nil : all.reduce(0, +) / Double(all.count)
    }

    /// An estimate of the bytes of so many records of a partition; `nil` where nobody has opened any.
    package func bytes(_ records: Int64, of partition: Int32) -> Int64? {
        (byPartition[partition] ?? mean).map { Int64(min(Double(records) * $0, 9e18)) }
    }
}

extension FleetSnapshot {
    /// What waits, and what could not be used, in the lives of the live workers.
    func waiting(at now: Moment = .now) -> String {
        let live = liveWorkers(at: now)
        var text =
            "dead letters \(Format.count(live.map(\.deadLetters).saturatingSum)), images that could not "
        text += "be read \(Format.count(live.map(\.imageErrors).saturatingSum))"
        guard let coordinator else { return text }
        // A dead one's count is of then.
        let asOf = liveCoordinator(at: now) == nil ? "when a coordinator last counted: " : ""
        let backlogs = coordinator.partitions.filter { $0.waiting > 0 }
        guard let most = backlogs.max(by: { $0.waiting < $1.waiting }) else {
            return "\(asOf)nothing waits; \(text)"
        }
        let records = Format.count(backlogs.map(\.waiting).saturatingSum)
        let sizes = ShardSizes(live)
        let bytes = backlogs.compactMap { sizes.bytes($0.waiting, of: $0.partition) }
        let size = bytes.isEmpty ? "" : " (about \(Format.megabytes(bytes.saturatingSum)))"
        return
            "\(asOf)\(records) records\(size) wait in \(backlogs.count) partitions, most in \(most.partition) "
            + "(\(Format.count(most.waiting))); \(text)"
    }
}
