/// What one layer did in every cycle of a simulation; the parts add up to all cycles.
public struct StageCycles: Hashable, Sendable {
    /// Cycles in which the layer worked on a row.
    public var working = 0
    /// Cycles without the next row of an image that the layer has begun.
    public var waitingForRow = 0
    /// Cycles in which no image, or not yet the first rows of the next one, had come to the layer.
    public var waitingForImage = 0

    /// Nothing yet.
    public init() {}

    /// All cycles.
    public var total: Int { working + waitingForRow + waitingForImage }
}

extension RowSchedule {
    /// What layer `index` does in the first `total` cycles, which must cover all of its work.
    ///
    /// - Source: the recurrence's own times; ``RowMachine`` counts the same cycle by cycle.
    public func stageCycles(of index: Int, total: Int) -> StageCycles {
        let lanes = plan.layers[index]
        let begin = layers[index].begin
        var cycles = StageCycles()
        cycles.working = begin.count * lanes.cyclesPerRow
        for row in begin.indices where row % lanes.rows > 0 {
            cycles.waitingForRow += begin[row] - begin[row - 1] - lanes.cyclesPerRow
        }
        cycles.waitingForImage = total - cycles.working - cycles.waitingForRow
        return cycles
    }

    /// Cycles that layer `index` is taken by one image, from its first row's start to its last row's end.
    public func span(of index: Int) -> Int {
        let lanes = plan.layers[index]
        return layers[index].begin[lanes.rows - 1] + lanes.cyclesPerRow - layers[index].begin[0]
    }

    /// Whether an image passes as if it were alone, whatever entered `T` cycles before it: no layer is taken by
    /// one image for longer than `T`.
    public var isTransparent: Bool { plan.layers.indices.allSatisfy { span(of: $0) <= plan.cyclesPerImage } }
}
