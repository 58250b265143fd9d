/// Versions that heads get where nobody names one. Pure.
package enum HeadVersions {
    /// Higher numbers are names that somebody chose, and are not counted on: one is added, and anyone may publish.
    private static let numbers = 1...1_000_000_000

    /// The version after the highest number of `used`: `v1`, `v2`, ...
    package static func next(after used: [String]) -> String {
        let known = used.compactMap { $0.hasPrefix("v") ? Int($0.dropFirst()) : nil }
        return "v\((known.filter { numbers.contains($0) }.max() ?? 0) + 1)"
    }
}
