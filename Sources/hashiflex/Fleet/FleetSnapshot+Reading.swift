import ControlPlane
import FleetMachines
import Kafka
import PipelineMessages
import Threads

extension FleetSnapshot {
    /// How long a broker that does not answer is waited for at the end, milliseconds.
    private static let closeMs: Int32 = 1_000

    /// Reads the whole topic, then listens until it is told who of `kinds` lives: until a heartbeat comes that has the broker's
    /// stamp, or in a topic without those, one of each that looks dead and is not known to have stopped; no longer than 2.5 s.
    ///
    /// - Parameter kinds: Those whose lives matter; nothing is listened for where only what was last said does.
    static func read(
        _ link: Connection, listeningFor kinds: Set<HeartbeatSender.Kind> = []
    ) throws -> FleetSnapshot {
        try read(link) { snapshot in !kinds.contains { snapshot.heartbeats.mayTellMore($0, at: .now) } }
    }

    private static func read(
        _ link: Connection, until isTold: (FleetSnapshot) -> Bool
    ) throws -> FleetSnapshot {
        let tail = try StatusTail(link.kafka, topics: link.topics, from: .beginning)
        defer { tail.close(timeoutMs: closeMs) }
        var snapshot = FleetSnapshot()
        let silentMs = link.answerMs
        var watch = ReadingWatch([0], limitMs: silentMs, nowMs: Clock.steadyMs)
        var untilMs: Int64?
        while !link.patience.isStopped {
            let polled = tail.stamped(timeoutMs: 100)
            switch polled?.event {
            case .error(let error) where error.isFatal: throw error
            case .error, nil:
                guard !snapshot.isPast || watch.overdue(nowMs: Clock.steadyMs).isEmpty else {
                    throw link.unread(link.topics.status, [0], silentMs: silentMs)
                }
            case .some(let event):
                watch.heard(0, nowMs: Clock.steadyMs)
                snapshot.take(event, polled?.stamp)
            }
            guard !snapshot.isPast else { continue }
            let now = Clock.steadyMs
            let endMs = untilMs ?? now + HeartbeatAges.listeningMs
            untilMs = endMs
            // What came while this process was held up is still taken, but for a flood.
            let isOver = now >= endMs && (polled == nil || now >= endMs + HeartbeatAges.listeningMs)
            if isOver || isTold(snapshot) { return snapshot }
        }
        throw CommandError(Exit.late, "the status topic was not read to its end: told to stop")
    }

    /// As ``read(_:listeningFor:)``; nothing where the topic is hidden from this user.
    static func readIfAllowed(
        _ link: Connection, listeningFor kinds: Set<HeartbeatSender.Kind> = []
    ) throws -> FleetSnapshot {
        guard link.isVisible(link.topics.status) else { return FleetSnapshot() }
        do {
            return try read(link, listeningFor: kinds)
        } catch let error as KafkaError where error.isRefusedAccess {
            return FleetSnapshot()
        }
    }

    /// Another supervisor that runs a fleet of this name now: one that still beats, not one that has died.
    static func other(fleet: String, _ link: Connection) throws -> FleetStatus? {
        let snapshot = try read(link) { $0.isHeard(fleet: fleet) || !$0.mayBeat(fleet: fleet, at: .now) }
        return snapshot.isHeard(fleet: fleet) ? snapshot.fleets[fleet] : nil
    }

    /// Fleets whose supervisors beat now, by name: not those that ended or died a moment ago; `nil` where this user may not know.
    static func runningFleets(_ link: Connection) throws -> [String]? {
        guard link.isVisible(link.topics.status) else { return nil }
        let snapshot: FleetSnapshot
        do {
            snapshot = try read(link, until: areTold)
        } catch let error as KafkaError where error.isRefusedAccess {
            return nil
        }
        return snapshot.fleets.keys.filter(snapshot.isHeard(fleet:)).sorted()
    }

    /// Whether listening longer tells no more of which fleets run.
    private static func areTold(_ snapshot: FleetSnapshot) -> Bool {
        snapshot.fleets.keys.allSatisfy { fleet in
            let sender = HeartbeatSender(.fleet, fleet)
            return snapshot.isHeard(fleet: fleet)
                || !snapshot.heartbeats.mayTellMore(sender, at: .now)
                    && !snapshot.heartbeats.isLive(sender, at: .now)
        }
    }
}

extension FleetSnapshot {
    /// Whether the supervisor of a fleet has sent a heartbeat while we listened.
    package func isHeard(fleet: String) -> Bool {
        heartbeats.heardMs(of: HeartbeatSender(.fleet, fleet)) != nil
    }

    /// Whether the supervisor of a fleet may be there although it was not heard yet: it had workers, and the broker's clock
    /// does not say that it has been silent for long.
    package func mayBeat(fleet: String, at now: Moment) -> Bool {
        guard let known = fleets[fleet], !known.workers.isEmpty else { return false }
        let sender = HeartbeatSender(.fleet, fleet)
        return heartbeats.mayTellMore(sender, at: now) || heartbeats.isLive(sender, at: now)
    }
}
