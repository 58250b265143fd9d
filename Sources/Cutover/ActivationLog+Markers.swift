public import PipelineMessages

/// Where the log says that markers are: what tells the shard topic that it speaks of from another one of that name.
extension ActivationLog {
    /// The committed marker at `offset` of the partition; `nil` where the log knows of none.
    public func marker(partition: Int32, at offset: Int64) -> HeadInForce? {
        guard let list = markers[partition] else { return nil }
        var (low, high) = (0, list.count)
        while low < high {
            let middle = (low + high) / 2
            if list[middle].marker < offset { low = middle + 1 } else { high = middle }
        }
        return low < list.count && list[low].marker == offset ? list[low] : nil
    }

    /// The highest offset of the partition at which there is a committed marker; `nil` where there is none.
    public func lastMarker(partition: Int32) -> Int64? { markers[partition]?.last?.marker }
}
