import ControlPlane
import Kafka
import PipelineMessages
import Threads

extension FleetSnapshot {
    /// How long a broker that does not answer is waited for at the end, milliseconds.
    private static let closeMs: Int32 = 1_000

    /// Reads the whole topic.
    static func read(_ link: Connection) throws -> FleetSnapshot {
        let tail = try StatusTail(link.kafka, topics: link.topics, from: .beginning)
        defer { tail.close(timeoutMs: closeMs) }
        var snapshot = FleetSnapshot()
        let silentMs = link.answerMs
        var watch = ReadingWatch([0], limitMs: silentMs, nowMs: Clock.steadyMs)
        while !link.patience.isStopped {
            switch tail.poll(timeoutMs: 100) {
            case .caughtUp: return snapshot
            case .error(let error) where error.isFatal: throw error
            case .error, nil:
                guard watch.overdue(nowMs: Clock.steadyMs).isEmpty else {
                    throw link.unread(link.topics.status, [0], silentMs: silentMs)
                }
            case .some(let event):
                watch.heard(0, nowMs: Clock.steadyMs)
                snapshot.take(event)
            }
        }
        throw CommandError(Exit.late, "the status topic was not read to its end: told to stop")
    }

    /// Reads the whole topic; nothing where it is hidden from this user.
    static func readIfAllowed(_ link: Connection) throws -> FleetSnapshot {
        guard link.isVisible(link.topics.status) else { return FleetSnapshot() }
        do {
            return try read(link)
        } catch let error as KafkaError where error.isRefusedAccess {
            return FleetSnapshot()
        }
    }

    /// Another supervisor that runs a fleet of this name now: one that still beats, not one that has died.
    static func other(fleet: String, _ link: Connection) throws -> FleetStatus? {
        let tail = try StatusTail(link.kafka, topics: link.topics, from: .beginning)
        defer { tail.close() }
        var snapshot = FleetSnapshot()
        var deadline = Clock.steadyMs + 15_000
        while Clock.steadyMs < deadline {
            guard let event = tail.poll(timeoutMs: 50) else { continue }
            if case .error(let error) = event, error.isFatal { throw error }
            let isPast = snapshot.isPast
            snapshot.take(event)
            if case .fleet(let status) = event, !isPast, status.fleet == fleet { return status }
            guard case .caughtUp = event, isPast else { continue }
            // Its next heartbeat comes within a second or two, if it is there.
            guard snapshot.liveFleets.contains(where: { $0.fleet == fleet && !$0.workers.isEmpty }) else {
                return nil
            }
            deadline = Clock.steadyMs + 2_500
        }
        return nil
    }
}
