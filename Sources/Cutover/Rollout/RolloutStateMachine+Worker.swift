public import PipelineMessages

extension RolloutStateMachine {
    /// A worker as the coordinator last saw it.
    public struct Worker: Sendable, Equatable {
        /// Its heartbeat.
        public var status: WorkerStatus
        /// When it arrived here, milliseconds of the coordinator's clock.
        public var seenAtMs: Int64

        /// About what it takes, bytes.
        var size: Int {
            let texts =
                status.partitions.reduce(0) { $0 + ($1.blocked?.utf8.count ?? 0) }
                + status.refusals.reduce(0) { $0 + $1.reason.utf8.count }
                + (status.preprocessing?.utf8.count ?? 0)
            return 1_000 + 100 * (status.partitions.count + status.headsReady.count + status.refusals.count)
                + texts
        }
    }
}
