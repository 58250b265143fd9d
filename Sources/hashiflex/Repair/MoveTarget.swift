import ArgumentParser

/// Where a partition is to go on, as somebody says it.
enum MoveTarget {
    /// At the oldest record that is still there.
    case earliest
    /// Behind the last record of now.
    case latest
    /// At an offset.
    case offset(Int64)
    /// At the first record that is not older than this.
    case time(PointInTime)

    /// Reads what was typed.
    ///
    /// - Throws: `ValidationError` that says what it may be.
    init(_ text: String) throws {
        if text == "earliest" {
            self = .earliest
        } else if text == "latest" {
            self = .latest
        } else if let offset = Int64(text), offset >= 0 {
            self = .offset(offset)
        } else if let time = PointInTime(text) {
            self = .time(time)
        } else if PointInTime(text + "Z") != nil {
            throw ValidationError("--to: '\(text)' says no zone: add Z for UTC, or an offset such as +01:00")
        } else {
            throw ValidationError(
                "--to is earliest, latest, an offset, a time such as 2026-01-31T08:00:00Z, or @ and milliseconds since "
                    + "1970; not '\(text)'")
        }
    }
}

/// A moment between the years 1970 and 9999.
struct PointInTime {
    /// Since 1970, UTC, without leap seconds.
    ///
    /// - Units: milliseconds; not negative.
    let milliseconds: Int64

    /// Reads a time of ISO 8601 with its zone (`2026-01-31T08:00:00.5+01:00`), or `@` and milliseconds.
    init?(_ text: String) {
        if text.hasPrefix("@") {
            let digits = text.dropFirst()
            guard digits.allSatisfy({ ("0"..."9").contains($0) }), let number = Int64(digits),
                number <= Self.last
            else { return nil }
            milliseconds = number
            return
        }
        let form =
            /([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?(?:Z|([+-])([0-9]{2}):?([0-9]{2}))/
        guard let found = text.wholeMatch(of: form)?.output else { return nil }
        func number(_ digits: Substring?) -> Int64 { digits.flatMap { Int64($0) } ?? 0 }
        let (year, month, day) = (number(found.1), number(found.2), number(found.3))
        let (hour, minute, second) = (number(found.4), number(found.5), number(found.6))
        let (zoneHours, zoneMinutes) = (number(found.9), number(found.10))
        guard (1...12).contains(month), (1...Self.days(of: month, year)).contains(day), hour < 24,
            minute < 60,
            second < 60, zoneHours < 24, zoneMinutes < 60
        else { return nil }
        let thousandths = number(found.7.map { Substring(($0 + "00").prefix(3)) })
        let zone = (zoneHours * 60 + zoneMinutes) * (found.8 == "-" ? -1 : 1)
        let minutes = (Self.days(before: year, month, day) * 24 + hour) * 60 + minute - zone
        milliseconds = (minutes * 60 + second) * 1_000 + thousandths
        guard (0...Self.last).contains(milliseconds) else { return nil }
    }

    /// The end of the year 9999.
    private static let last: Int64 = 253_402_300_799_999

    private static func isLeap(_ year: Int64) -> Bool {
        year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
    }

    private static func days(of month: Int64, _ year: Int64) -> Int64 {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days from the first one of 1970 to this one.
    private static func days(before year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let whole = year - 1
        let toYear = whole * 365 + whole / 4 - whole / 100 + whole / 400
        let inYear = (1..<month).reduce(0) { $0 + days(of: $1, year) }
        return toYear + inYear + day - 1 - 719_162
    }
}
