/// Numbers as text, the same on every machine and in every language.
package enum Number {
    /// A number with a fixed count of decimals.
    ///
    /// - Range: `places` in `0...9`; magnitudes below 10^9.
    /// - Rounding: half away from zero; never a negative zero.
    package static func text(_ value: Double, places: Int) -> String {
        precondition((0...9).contains(places) && abs(value) < 1e9, "a number of a report is of moderate size")
        var unit = 1
        for _ in 0..<places { unit *= 10 }
        let scaled = Int((abs(value) * Double(unit)).rounded(.toNearestOrAwayFromZero))
        let sign = value < 0 && scaled > 0 ? "-" : ""
        guard places > 0 else { return sign + String(scaled) }
        let rest = String(scaled % unit)
        return "\(sign)\(scaled / unit)." + String(repeating: "0", count: places - rest.count) + rest
    }

    /// A share in percent.
    package static func percent(_ share: Double, places: Int = 1) -> String {
        text(share * 100, places: places)
    }

    /// A change of a share in percentage points, with its sign.
    package static func points(_ change: Double) -> String {
        let text = text(change * 100, places: 1)
        return change > 0 && text != "0.0" ? "+" + text : text.replacingMinus
    }

    /// A count with thousands apart.
    package static func count(_ value: Int) -> String {
        var digits = Array(String(value.magnitude))
        var place = digits.count - 3
        while place > 0 {
            digits.insert(",", at: place)
            place -= 3
        }
        return (value < 0 ? "-" : "") + String(digits)
    }
}

extension String {
    /// With a real minus sign in front instead of a hyphen.
    fileprivate var replacingMinus: String { hasPrefix("-") ? "\u{2212}" + dropFirst() : self }
}
