import ControlPlane
import FleetMachines
import Threads

/// Who sends heartbeats.
package struct HeartbeatSender: Hashable, Sendable {
    /// What it is.
    package enum Kind: Hashable, Sendable {
        case worker, fleet, coordinator
    }

    /// What it is.
    package let kind: Kind
    /// Its name; empty for the coordinator: of all there are, one speaks.
    package let name: String

    /// Names a sender.
    package init(_ kind: Kind, _ name: String = "") {
        self.kind = kind
        self.name = name
    }
}

/// How old somebody's newest heartbeat is.
package struct HeartbeatAge: Equatable, Sendable {
    /// What tells it.
    package enum Source: Equatable, Sendable {
        /// It came while somebody listened.
        case heard
        /// The broker's stamp.
        case broker
        /// The sender's stamp, in a topic that keeps those.
        case sender
    }

    /// Milliseconds; below 0 where the stamp is ahead of what it is compared with. `nil` of a record without a stamp.
    package var milliseconds: Int64?
    /// What tells it.
    package var source: Source

    /// An age.
    package init(milliseconds: Int64?, source: Source) {
        self.milliseconds = milliseconds
        self.source = source
    }

    /// Whether who sent it counts as live. A stamp ahead says as little as one as far behind.
    package var isFresh: Bool { (milliseconds?.magnitude).map { $0 < HeartbeatAges.freshMs } ?? false }
}

/// Tells how old heartbeats are, whatever the clocks of their senders say. Pure.
///
/// One rule for everybody who reads the status topic; the first that applies:
///
/// 1. A heartbeat that came while somebody listened is as old as the time since, by our steady clock.
/// 2. One that was there before, with the broker's stamp, is compared with the newest heartbeat that was heard and has such a
///    stamp: two times of the broker's clock. So one heartbeat that comes tells the age of all.
/// 3. Without either its stamp is compared with our own wall clock, and it is no younger than the time for which its sender
///    kept silent while we listened.
///
/// A heartbeat's own `atMs` is by its sender's clock and takes no part.
package struct HeartbeatAges {
    /// Who sent a heartbeat so long ago does not count as live, milliseconds.
    package static let freshMs: Int64 = 10_000
    /// How long is listened for heartbeats that come, milliseconds: workers send two a second, the others one.
    package static let listeningMs: Int64 = 2_500

    private struct Last {
        let stamp: StatusTail.Stamp?
        /// When it came, by the steady clock; `nil` if it was there before.
        let heardMs: Int64?
    }

    private var last: [HeartbeatSender: Last] = [:]
    /// Since when what comes is new, by the steady clock.
    private var listeningSinceMs: Int64?
    /// What the broker's clock said when, by the steady clock.
    private var broker: (stampMs: Int64, heardMs: Int64)?

    /// Has heard nothing.
    package init() {}

    /// Whether what comes was there before the reading began.
    package var isPast: Bool { listeningSinceMs == nil }

    /// All that was there has been read.
    package mutating func caughtUp(atMs steadyMs: Int64) { listeningSinceMs = listeningSinceMs ?? steadyMs }

    /// Takes the heartbeat of a sender.
    ///
    /// - Parameter stamp: The time that the record bears; `nil` if it bears none.
    package mutating func take(_ sender: HeartbeatSender, _ stamp: StatusTail.Stamp?, atMs steadyMs: Int64) {
        last[sender] = Last(stamp: stamp, heardMs: isPast ? nil : steadyMs)
        if !isPast, let stamp, stamp.isBrokers { broker = (stamp.atMs, steadyMs) }
    }

    /// Knows no more of a sender: it is gone, or there is no room.
    package mutating func forget(_ sender: HeartbeatSender) { last[sender] = nil }

    /// When a heartbeat of this sender came last while we listened, by the steady clock; `nil` if none did.
    package func heardMs(of sender: HeartbeatSender) -> Int64? { last[sender]?.heardMs }

    /// How old the newest heartbeat of a sender is; `nil` if there is none.
    package func age(of sender: HeartbeatSender, at now: Moment) -> HeartbeatAge? {
        last[sender].map { age($0, now) }
    }

    /// Whether the newest heartbeat of a sender is fresh.
    package func isLive(_ sender: HeartbeatSender, at now: Moment) -> Bool {
        age(of: sender, at: now)?.isFresh ?? false
    }

    /// The youngest age among the senders of a kind; `nil` if there are none.
    package func youngest(_ kind: HeartbeatSender.Kind, at now: Moment) -> HeartbeatAge? {
        last.filter { $0.key.kind == kind }.map { age($0.value, now) }.min {
            $0.milliseconds?.magnitude ?? .max < $1.milliseconds?.magnitude ?? .max
        }
    }

    /// What the broker's clock says at a moment, milliseconds since 1970; `nil` while no heartbeat with its stamp was heard.
    package func brokerMs(at now: Moment) -> Int64? {
        broker.map { $0.stampMs.clampedSum(now.steadyMs - $0.heardMs) }
    }

    /// Whether listening longer may tell more of a sender that was not heard: the broker's time, or that it is there although its
    /// own stamp does not look so.
    package func mayTellMore(_ sender: HeartbeatSender, at now: Moment) -> Bool {
        guard let last = last[sender], last.heardMs == nil else { return false }
        guard let stamp = last.stamp, stamp.isBrokers else { return !age(last, now).isFresh }
        return broker == nil
    }

    /// Whether listening longer may tell more of somebody of a kind.
    package func mayTellMore(_ kind: HeartbeatSender.Kind, at now: Moment) -> Bool {
        last.keys.contains { $0.kind == kind && mayTellMore($0, at: now) }
    }

    /// Whether it is told who of `kinds` lives: what was there is read, and listening longer tells no more or was done long enough.
    package func isTold(_ kinds: Set<HeartbeatSender.Kind>, at now: Moment) -> Bool {
        guard let since = listeningSinceMs else { return false }
        return now.steadyMs - since >= Self.listeningMs || !kinds.contains { mayTellMore($0, at: now) }
    }

    private func age(_ last: Last, _ now: Moment) -> HeartbeatAge {
        if let heardMs = last.heardMs {
            return HeartbeatAge(milliseconds: now.steadyMs.clampedDifference(heardMs), source: .heard)
        }
        guard let stamp = last.stamp else { return HeartbeatAge(milliseconds: nil, source: .sender) }
        if stamp.isBrokers, let broker {
            let since = broker.stampMs.clampedDifference(stamp.atMs)
            return HeartbeatAge(milliseconds: since + (now.steadyMs - broker.heardMs), source: .broker)
        }
        let age = now.wallMs.clampedDifference(stamp.atMs)
        let silence = listeningSinceMs.map { now.steadyMs - $0 } ?? 0
        return HeartbeatAge(
            milliseconds: age.magnitude < silence.magnitude ? silence : age,
            source: stamp.isBrokers ? .broker : .sender)
    }
}

extension Int64 {
    /// What lies between two times, within a few hundred years: anyone may write any stamp.
    fileprivate func clampedDifference(_ earlier: Int64) -> Int64 {
        let (difference, isOver) = subtractingReportingOverflow(earlier)
        let mostMs: Int64 = 1 << 53
        guard !isOver else { return self > earlier ? mostMs : -mostMs }
        return Swift.min(Swift.max(difference, -mostMs), mostMs)
    }
}

extension Int64 {
    /// A time some milliseconds later: anyone may write any stamp.
    fileprivate func clampedSum(_ milliseconds: Int64) -> Int64 {
        let (sum, isOver) = addingReportingOverflow(milliseconds)
        return isOver ? .max : sum
    }
}

extension Moment {
    /// This moment.
    package static var now: Moment { Moment(steadyMs: Clock.steadyMs, wallMs: Clock.wallMs) }
}
