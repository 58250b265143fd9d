/// Where a partition begins and ends at the broker.
package struct PartitionExtent: Sendable, Equatable {
    /// The oldest offset that is still there.
    package let begin: Int64
    /// The offset that the next record gets.
    package let end: Int64

    /// A partition's extent.
    package init(begin: Int64, end: Int64) {
        self.begin = begin
        self.end = end
    }
}
