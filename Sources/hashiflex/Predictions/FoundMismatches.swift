import ImageDecoding

/// Mismatches of preprocessing that were found: the first few, and how many there are. Pure.
package struct FoundMismatches {
    private static let shownMax = 8

    private var first: [PreprocessingMismatch] = []
    /// How many there are.
    package private(set) var count = 0

    /// None is found yet.
    package init() {}

    /// Takes one that was found; `nil` is none.
    package mutating func take(_ mismatch: PreprocessingMismatch?) {
        guard let mismatch else { return }
        count += 1
        if first.count < Self.shownMax { first.append(mismatch) }
    }

    /// What is said of them: the first 8, and how many more there are.
    package var lines: [String] {
        first.map { "\($0)" } + (count > first.count ? ["... and \(count - first.count) more"] : [])
    }
}
