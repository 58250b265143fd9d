import ControlPlane
import Kafka
import PipelineMessages
import Synchronization
import Threads

/// Says once that this coordinator stands by, and who leads as far as the status topic tells.
final class Standby: Sendable {
    /// How long it is looked for the leader's heartbeat, milliseconds.
    private static let lookMs: Int64 = 5_000
    /// Records of the status topic among which the leader's last heartbeat is looked for: ten seconds of 45 workers.
    private static let recordsMax: Int64 = 1_000

    private let options: CoordinatorOptions
    private let say: @Sendable (String) -> Void
    /// Whether this coordinator stands by and has begun to say so.
    private let isStanding = Mutex(false)

    /// - Parameter say: Takes the line, on a thread of its own.
    init(_ options: CoordinatorOptions, say: @escaping @Sendable (String) -> Void) {
        self.options = options
        self.say = say
    }

    /// The group has given the leadership to another; said again only after ``end()``.
    func begin() {
        let isNews = isStanding.withLock { standing in
            defer { standing = true }
            return !standing
        }
        guard isNews else { return }
        // Not by the thread that has to hear of the leadership.
        _ = PlatformThread("standby") { [self] in
            let last = lastHeartbeat()
            // It may lead by now.
            guard isStanding.withLock({ $0 }) else { return }
            let line = StandbyLine(
                name: options.name, group: options.topics.coordinatorGroup, last: last, nowMs: Clock.wallMs)
            say(line.text)
        }
    }

    /// This coordinator leads, or has ended.
    func end() { isStanding.withLock { $0 = false } }

    private func lastHeartbeat() -> CoordinatorStatus? {
        guard
            let tail = try? StatusTail(options.kafka, topics: options.topics, from: .tail(Self.recordsMax))
        else { return nil }
        defer { tail.close() }
        var last: CoordinatorStatus?
        let deadline = Clock.steadyMs + Self.lookMs
        while Clock.steadyMs < deadline, isStanding.withLock({ $0 }) {
            switch tail.poll(timeoutMs: 100) {
            case .coordinator(let status): last = status
            case .caughtUp: return last
            case .error(let error) where error.isFatal: return last
            case .worker, .fleet, .error, nil: break
            }
        }
        return last
    }
}

/// What a coordinator that stands by says. Pure.
package struct StandbyLine {
    /// A leader whose last heartbeat is older may be dead, milliseconds: the group takes some seconds to replace it.
    private static let freshMs: Int64 = 10_000

    private let name: String
    private let group: String
    private let last: CoordinatorStatus?
    private let nowMs: Int64

    /// - Parameters:
    ///   - name: Of the coordinator that stands by.
    ///   - last: The last heartbeat of a coordinator, if one was found.
    ///   - nowMs: Milliseconds since 1970.
    package init(name: String, group: String, last: CoordinatorStatus?, nowMs: Int64) {
        self.name = name
        self.group = group
        self.last = last
        self.nowMs = nowMs
    }

    /// `standby: c1 leads, its last heartbeat is 1 s old`, or that another does whose name is not known.
    package var text: String {
        let unnamed = "standby: another coordinator of group \(group) leads"
        // An own one is of an earlier life.
        guard let last, last.coordinator != name else { return unnamed }
        let ageMs = max(0, nowMs - last.atMs)
        let age = "\(ageMs / 1_000) s old"
        guard ageMs <= Self.freshMs else {
            return "\(unnamed); the last heartbeat is of \(last.coordinator) and \(age)"
        }
        return "standby: \(last.coordinator) leads, its last heartbeat is \(age)"
    }
}
