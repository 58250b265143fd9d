/// One line of `hashiflex doctor`.
package struct DoctorCheck: Codable, Equatable, Sendable {
    /// What was looked at.
    package let what: String
    /// Whether it is as it should be; never said of what could not be known.
    package let ok: Bool
    /// Whether it could be known.
    package let known: Bool
    /// What was found.
    package let found: String
    /// What to do about it.
    package let advice: String?

    /// What is known.
    package init(what: String, ok: Bool, found: String, advice: String? = nil) {
        self.init(what: what, ok: ok, known: true, found: found, advice: advice)
    }

    private init(what: String, ok: Bool, known: Bool, found: String, advice: String?) {
        self.what = what
        self.ok = ok
        self.known = known
        self.found = found
        self.advice = advice
    }

    /// What could not be known, and why.
    package static func unknown(_ what: String, _ found: String, advice: String? = nil) -> DoctorCheck {
        DoctorCheck(what: what, ok: false, known: false, found: found, advice: advice)
    }

    /// Whether it makes the command end with 1.
    package var isBad: Bool { known && !ok }

    /// The line for people: one, whatever foreign words are in it.
    package var line: String {
        "\(isBad ? "BAD " : ok ? "ok  " : "??? ") \(Terminal.oneLine("\(what): \(found)"))"
    }
}
