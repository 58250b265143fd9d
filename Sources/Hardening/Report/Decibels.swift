#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// Ratios of powers.
package enum Decibels {
    /// What an exact result is called.
    package static let most = 99.0

    /// `10 * log10(signal / noise)`.
    ///
    /// - Range: -99...99. For people: the last bits may differ between machines, two digits do not.
    package static func ratio(_ signal: Double, _ noise: Double) -> Double {
        guard noise > 0 else { return most }
        guard signal > 0 else { return -most }
        return min(max(10 * log10(signal / noise), -most), most)
    }

    /// The noise of a signal of power 1.
    package static func noise(_ ratio: Double) -> Double { pow(10, -ratio / 10) }
}

/// Numbers in text, the same on every machine and in every locale.
enum DecimalText {
    /// Two digits after the point, rounded half away from zero; `nil` stays `nil`.
    static func two(_ value: Double?) -> String? { value.map { fixed($0, digits: 2) } }

    /// A share with four digits; `nil` stays `nil`.
    static func share(_ value: Double?) -> String? { value.map { fixed($0, digits: 4) } }

    /// A share in percent, one digit after the point.
    static func percent(_ share: Double) -> String { fixed(share * 100, digits: 1) }

    private static func fixed(_ value: Double, digits: Int) -> String {
        let power = (0..<digits).reduce(1) { power, _ in power * 10 }
        let scaled = Int((value.magnitude * Double(power)).rounded(.toNearestOrAwayFromZero))
        let fraction = String(scaled % power)
        let zeros = String(repeating: "0", count: digits - fraction.count)
        return (value < 0 && scaled != 0 ? "-" : "") + "\(scaled / power).\(zeros)\(fraction)"
    }
}
