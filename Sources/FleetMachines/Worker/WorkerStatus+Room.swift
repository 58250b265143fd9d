package import PipelineMessages

extension WorkerStatus {
    /// The record of this heartbeat, with what has room of it: a worker of thousands of partitions that wait would be heard of no more.
    /// Reasons are cut first, then the last partitions are left out.
    ///
    /// - Parameter bytesMax: Most bytes of the record.
    package func encoded(within bytesMax: Int) -> [UInt8] {
        var (status, bytes) = (self, JSONRecord.encode(self))
        for reasonBytes in [100, 20] where bytes.count > bytesMax {
            for index in status.partitions.indices {
                let reason = status.partitions[index].blocked
                status.partitions[index].blocked = reason.map { RecordBounds.cut($0, bytes: reasonBytes) }
            }
            bytes = JSONRecord.encode(status)
        }
        while bytes.count > bytesMax, !status.partitions.isEmpty {
            status.partitions.removeLast(max(1, status.partitions.count / 8))
            bytes = JSONRecord.encode(status)
        }
        return bytes
    }
}
