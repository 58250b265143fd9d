/// A version as numbers, so that 0.23 stands before 0.70 and 5.006 after 5.0.
public struct ToolVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The numbers between the points, at most four.
    public let numbers: [Int]
    /// The number as the tool prints it: "5.006".
    public let description: String
    /// The line it stood in, escaped, for reports.
    public let banner: String

    /// The first number with a point in the first lines of what a tool prints.
    ///
    /// - Returns: Nil when there is none.
    public init?(banner text: String) {
        for line in text.split(whereSeparator: \.isNewline).prefix(8) {
            for word in line.split(whereSeparator: { " \t(),".contains($0) }) {
                var digits = word.prefix { $0 == "." || ($0.isASCII && $0.isNumber) }
                while digits.last == "." { digits.removeLast() }
                let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
                // A date has no point in it, a path begins with no digit.
                let numbers = parts.prefix(4).compactMap { $0.count <= 9 ? Int($0) : nil }
                guard parts.count >= 2, numbers.count == min(4, parts.count) else { continue }
                self.numbers = numbers
                description = String(digits)
                banner = String(line).printable()
                return
            }
        }
        return nil
    }

    /// A version from its numbers.
    public init(_ numbers: Int...) {
        self.numbers = numbers
        description = numbers.map(String.init).joined(separator: ".")
        banner = description
    }

    /// Compares number by number; a missing one counts as 0.
    public static func < (left: ToolVersion, right: ToolVersion) -> Bool {
        for index in 0..<max(left.numbers.count, right.numbers.count) {
            let a = index < left.numbers.count ? left.numbers[index] : 0
            let b = index < right.numbers.count ? right.numbers[index] : 0
            if a != b { return a < b }
        }
        return false
    }

    /// Equal when neither stands before the other: 0.7 is 0.7.0.
    public static func == (left: ToolVersion, right: ToolVersion) -> Bool { !(left < right) && !(right < left) }

    /// Hashes the numbers without zeros at the end, as equality has it.
    public func hash(into hasher: inout Hasher) {
        var significant = numbers
        while significant.last == 0 { significant.removeLast() }
        hasher.combine(significant)
    }
}
