import ArgumentParser

/// Refuses an option's value outside of `range`; a value that was not given is fine.
///
/// - Throws: `ValidationError` that names the option, its range and the value.
func requireRange<Value: Comparable>(_ option: String, _ value: Value?, in range: ClosedRange<Value>) throws {
    guard let value, !range.contains(value) else { return }
    throw ValidationError(
        "\(option) is \(short(range.lowerBound)) to \(short(range.upperBound)), not \(short(value))")
}

/// A number without a needless `.0`.
private func short(_ value: some Comparable) -> String {
    let text = "\(value)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
}

/// Bounds that several commands share.
enum OptionRange {
    /// Anything to be counted: images, records, views.
    static let count = 0...1_000_000_000
    static let positiveCount = 1...1_000_000_000
    /// Partitions of the embedded broker.
    static let embeddedPartitions = 1...256
    /// Images a second.
    static let fps = 0.001...1_000_000
    /// Windows of a benchmark: the median of fewer says little.
    static let windows = 3...1_000
    /// An hour, in milliseconds.
    static let milliseconds: ClosedRange<Int64> = 0...3_600_000
}
