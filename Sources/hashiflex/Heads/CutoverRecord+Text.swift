import PipelineMessages

/// What people see of a cut-over; all of it is in the JSON.
extension CutoverRecord {
    /// Most offsets on one line.
    private static let placesMax = 256

    /// The offsets from which it is in force.
    var places: String {
        let places = offsets ?? []
        let shown = places.prefix(Self.placesMax).map { "p\($0.partition)@\($0.offset)" }.joined(
            separator: " ")
        let more = places.count - Self.placesMax
        return more > 0 ? "\(shown) and in \(Format.count(more)) more partitions" : shown
    }

    /// Why it was aborted, a line each; one behind ``reasonsMax`` says how many there are more.
    var shownReasons: [String] {
        let reasons = reasons ?? []
        let more = reasons.count - Self.reasonsMax - 1
        return reasons.prefix(Self.reasonsMax + 1) + (more > 0 ? ["and \(Format.count(more)) more"] : [])
    }
}
