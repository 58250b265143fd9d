/// Whether the age of the newest heartbeats fits what the group's members say. Pure.
package enum HeartbeatReview {
    /// How many members a group has.
    package enum Members: Equatable {
        /// So many.
        case count(Int)
        /// It could not be asked; why.
        case unknown(String)
    }

    /// The line about a role's processes.
    ///
    /// - Parameters:
    ///   - what: `coordinator` or `workers`.
    ///   - age: That of the newest heartbeat; `nil` when none is to be read.
    ///   - group: The group that they share.
    ///   - live: What to say of those that live: `c-1 leads`.
    ///   - none: What to do when there is none.
    package static func check(
        _ what: String, _ age: HeartbeatAge?, group: String, _ members: Members, live: String, none: String
    ) -> DoctorCheck {
        let words = text(age)
        guard !(age?.isFresh ?? false) else {
            return DoctorCheck(what: what, ok: true, found: "\(live); \(words)")
        }
        switch members {
        case .count(0):
            return DoctorCheck(
                what: what, ok: true, found: "none is running; \(words), and group \(group) has no members",
                advice: none)
        case .count(let count):
            return DoctorCheck(
                what: what, ok: false,
                found:
                    "no fresh heartbeat although group \(group) has \(count) \(count == 1 ? "member" : "members"); \(words)",
                advice:
                    "they can not write to the status topic, or it can not be read here as it is: see the nodes above; a "
                    + "node that is cut off from its peers tells its clients nothing new")
        case .unknown(let reason):
            return .unknown(
                what, "none was heard; \(words); whether group \(group) has members is not known: \(reason)",
                advice: none)
        }
    }

    private static func text(_ age: HeartbeatAge?) -> String {
        guard let age else { return "no heartbeat is to be read" }
        guard age.source != .heard else { return "a heartbeat came while this listened" }
        guard let milliseconds = age.milliseconds else { return "the newest heartbeat bears no time" }
        let seconds = milliseconds / 1_000
        let place = seconds < 0 ? "\(-seconds) s ahead" : "\(seconds) s ago"
        let clock = age.source == .broker ? "broker's" : "sender's"
        return "the newest heartbeat was \(place) by the \(clock) clock"
    }
}
