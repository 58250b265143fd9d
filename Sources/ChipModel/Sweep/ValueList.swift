/// Values of a sweep as they are typed: `a,b,c`, or `from:to:step`, or both mixed.
public enum ValueList {
    /// Most values of one list.
    public static let countMax = 256

    /// The values of `text`, in its order, each once.
    ///
    /// - Range: every value in `range`; a step is positive; at most ``countMax`` values.
    /// - Throws: ``ValueListError`` naming the option and the part that does not fit.
    public static func numbers(
        _ text: String, option: String, in range: ClosedRange<Double>
    ) throws(ValueListError) -> [Double] {
        var values: [Double] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: ":", omittingEmptySubsequences: false)
            let numbers = ends.compactMap { Double($0) }.filter(\.isFinite)
            guard numbers.count == ends.count, ends.count == 1 || ends.count == 3 else {
                throw .unreadable(option: option, part: String(part.prefix(40)))
            }
            for number in ends.count == 1 ? numbers : [numbers[0], numbers[1]] where !range.contains(number) {
                throw .outOfRange(option: option, value: number, range: range)
            }
            values +=
                ends.count == 1 ? numbers : try steps(numbers, option: option, part: String(part.prefix(40)))
            guard values.count <= countMax else { throw .tooMany(option: option) }
        }
        var seen = Set<Double>()
        return values.filter { seen.insert($0).inserted }
    }

    /// The whole values of `text`; see ``numbers(_:option:in:)``.
    public static func integers(
        _ text: String, option: String, in range: ClosedRange<Int>
    ) throws(ValueListError) -> [Int] {
        let bounds = Double(range.lowerBound)...Double(range.upperBound)
        var values: [Int] = []
        for number in try numbers(text, option: option, in: bounds) {
            guard let value = Int(exactly: number) else {
                throw .unreadable(option: option, part: "\(number)")
            }
            values.append(value)
        }
        return values
    }

    private static func steps(
        _ numbers: [Double], option: String, part: String
    ) throws(ValueListError) -> [Double] {
        let (from, to, step) = (numbers[0], numbers[1], numbers[2])
        guard step > 0, from <= to else { throw .unreadable(option: option, part: part) }
        let count = ((to - from) / step + 1e-9).rounded(.down) + 1
        guard count <= Double(countMax) else { throw .tooMany(option: option) }
        return (0..<Int(count)).map { from + Double($0) * step }
    }
}

/// A list of values that can not be swept.
public enum ValueListError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Neither a number nor `from:to:step`.
    case unreadable(option: String, part: String)
    /// A value that the option does not take.
    case outOfRange(option: String, value: Double, range: ClosedRange<Double>)
    /// More than ``ValueList/countMax`` values.
    case tooMany(option: String)

    /// What is wrong and what is possible.
    public var description: String {
        switch self {
        case .unreadable(let option, let part):
            "\(option) is a list such as 1,2,4 or from:to:step with a step above 0, not '\(part)'"
        case .outOfRange(let option, let value, let range):
            "\(option) takes \(Self.short(range.lowerBound)) to \(Self.short(range.upperBound)), not "
                + Self.short(value)
        case .tooMany(let option): "\(option) has more than \(ValueList.countMax) values"
        }
    }

    private static func short(_ value: Double) -> String {
        Int(exactly: value).map(String.init) ?? "\(value)"
    }
}
