import ControlPlane
import PipelineMessages

/// How old the newest heartbeats are, and whether that fits what the group's members say. Pure.
package struct HeartbeatReview {
    /// When a heartbeat was last heard of.
    package struct Last: Equatable {
        /// The time that the record bears; `nil` if it bears none.
        package var stamp: StatusTail.Stamp?
        /// Whether it came while somebody listened, whatever clocks say.
        package var isHeard: Bool

        /// A heartbeat.
        package init(stamp: StatusTail.Stamp?, isHeard: Bool) {
            self.stamp = stamp
            self.isHeard = isHeard
        }
    }

    /// How many members a group has.
    package enum Members: Equatable {
        /// So many.
        case count(Int)
        /// It could not be asked; why.
        case unknown(String)
    }

    /// The newest heartbeat of a coordinator; `nil` when none is to be read.
    package private(set) var coordinator: Last?
    /// Those of workers that have not stopped.
    private var workers: [String: Last] = [:]
    private var isPast = true

    /// Has heard nothing.
    package init() {}

    /// Takes a heartbeat.
    package mutating func take(_ event: StatusTail.Event, _ stamp: StatusTail.Stamp?) {
        switch event {
        case .coordinator: coordinator = Last(stamp: stamp, isHeard: !isPast)
        case .worker(let status):
            guard status.state != .stopped else {
                workers[status.worker] = nil
                return
            }
            // Anyone may write heartbeats under any number of names.
            guard workers.count < FleetSnapshot.workersMax || workers[status.worker] != nil else { return }
            workers[status.worker] = Last(stamp: stamp, isHeard: !isPast)
        case .caughtUp: isPast = false
        case .fleet, .error: break
        }
    }

    /// The newest heartbeat of a worker that has not stopped.
    package var worker: Last? {
        workers.values.first { $0.isHeard }
            ?? workers.values.max { $0.stamp?.atMs ?? .min < $1.stamp?.atMs ?? .min }
    }

    /// Whether listening longer may tell more: somebody has sent heartbeats once and was not heard yet.
    package var mayTellMore: Bool {
        (coordinator.map { !$0.isHeard } ?? false) || (worker.map { !$0.isHeard } ?? false)
    }

    /// Whether it came a moment ago. A stamp ahead of our clock says as little as one far behind it.
    package static func isFresh(_ last: Last?, nowMs: Int64) -> Bool {
        guard let last else { return false }
        guard !last.isHeard else { return true }
        return last.stamp.map { abs(nowMs - $0.atMs) < FleetSnapshot.freshMs } ?? false
    }

    /// The line about a role's processes.
    ///
    /// - Parameters:
    ///   - what: `coordinator` or `workers`.
    ///   - group: The group that they share.
    ///   - live: What to say of those that live: `c-1 leads`.
    ///   - none: What to do when there is none.
    package static func check(
        _ what: String, _ last: Last?, group: String, _ members: Members, nowMs: Int64, live: String,
        none: String
    ) -> DoctorCheck {
        let age = age(last, nowMs)
        guard !isFresh(last, nowMs: nowMs) else {
            return DoctorCheck(what: what, ok: true, found: "\(live); \(age)")
        }
        switch members {
        case .count(0):
            return DoctorCheck(
                what: what, ok: true, found: "none is running; \(age), and group \(group) has no members",
                advice: none)
        case .count(let count):
            return DoctorCheck(
                what: what, ok: false,
                found:
                    "no fresh heartbeat although group \(group) has \(count) \(count == 1 ? "member" : "members"); \(age)",
                advice:
                    "they can not write to the status topic, or it can not be read here as it is: see the nodes above; a "
                    + "node that is cut off from its peers tells its clients nothing new")
        case .unknown(let reason):
            return .unknown(
                what, "none was heard; \(age); whether group \(group) has members is not known: \(reason)",
                advice: none)
        }
    }

    private static func age(_ last: Last?, _ nowMs: Int64) -> String {
        guard let last else { return "no heartbeat is to be read" }
        guard !last.isHeard else { return "a heartbeat came while this listened" }
        guard let stamp = last.stamp else { return "the newest heartbeat bears no time" }
        let seconds = (nowMs - stamp.atMs) / 1_000
        let place = seconds < 0 ? "\(-seconds) s ahead" : "\(seconds) s ago"
        return "the newest heartbeat was \(place) by the \(stamp.isBrokers ? "broker's" : "sender's") clock"
    }
}
