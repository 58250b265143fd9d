/// All values of a function of at most eight inputs.
public struct TruthTable: Sendable, Hashable {
    /// Inputs at most.
    public static let mostInputs = 8

    /// Input i is bit i of a row's number.
    public let inputCount: Int
    /// Row r is bit r mod 64 of word r / 64; bits beyond the last row are 0.
    public let words: [UInt64]

    /// Tabulates a function.
    ///
    /// - Parameter inputs: Names in the order of the bits of a row's number.
    /// - Returns: Nil when there are more than eight, or the function has a variable that is none of them.
    public init?(_ function: BooleanFunction, inputs: [String]) {
        guard inputs.count <= Self.mostInputs, Set(function.variables).isSubset(of: inputs) else { return nil }
        // Values of the first six inputs over 64 rows; the others are constant over a word.
        let patterns: [UInt64] = [
            0xAAAA_AAAA_AAAA_AAAA, 0xCCCC_CCCC_CCCC_CCCC, 0xF0F0_F0F0_F0F0_F0F0, 0xFF00_FF00_FF00_FF00,
            0xFFFF_0000_FFFF_0000, 0xFFFF_FFFF_0000_0000,
        ]
        inputCount = inputs.count
        let rows = 1 << inputs.count
        words = (0..<max(1, rows / 64)).map { word in
            let value = function.evaluate { name in
                guard let input = inputs.firstIndex(of: name) else { return 0 }
                return input < 6 ? patterns[input] : (word >> (input - 6)) & 1 == 1 ? .max : 0
            }
            return rows < 64 ? value & ((1 << UInt64(rows)) - 1) : value
        }
    }

    /// Tabulates a rule.
    ///
    /// - Parameter isTrue: Gets the row's number, whose bit i is input i.
    public init(inputCount: Int, isTrue: (Int) -> Bool) {
        precondition((0...Self.mostInputs).contains(inputCount), "at most eight inputs")
        self.inputCount = inputCount
        var words = [UInt64](repeating: 0, count: max(1, (1 << inputCount) / 64))
        for row in 0..<(1 << inputCount) where isTrue(row) { words[row / 64] |= 1 << UInt64(row % 64) }
        self.words = words
    }

    /// The value in a row.
    public subscript(row: Int) -> Bool { words[row / 64] >> UInt64(row % 64) & 1 == 1 }
}
