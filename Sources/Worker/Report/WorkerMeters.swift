internal import Synchronization

/// Counters of one worker's life, written by its threads, read by its heartbeat.
final class WorkerMeters: Sendable {
    /// Shards that were opened, and the bytes of their records' values.
    let shardsOpened = Atomic<Int64>(0)
    let shardBytes = Atomic<Int64>(0)
    let imagesScored = Atomic<Int64>(0)
    let imageErrors = Atomic<Int64>(0)
    let replicaNs = Atomic<Int64>(0)
    let npuNs = Atomic<Int64>(0)
}
