import ControlPlane
import FleetMachines
import Kafka
import PipelineMessages
import Threads

extension DoctorCommand {
    /// How long the status topic may keep silent, milliseconds.
    private static let readingMs: Int64 = 15_000
    /// How long to listen for heartbeats that come, milliseconds.
    private static let listeningMs: Int64 = 3_000
    private static let groupMs: Int32 = 3_000

    /// What coordinator and workers say of themselves, and whether they still do.
    func fleet(_ link: Connection) throws -> [DoctorCheck] {
        guard link.isVisible(link.topics.status) else {
            return [
                .unknown("fleet", "topic \(link.topics.status) is not to be seen, so nothing is known of it")
            ]
        }
        let snapshot: FleetSnapshot
        do {
            snapshot = try listen(link)
        } catch let error as KafkaError where error.isRefusedAccess {
            return [.unknown("fleet", "\(error)")]
        } catch let error as CommandError {
            return [
                DoctorCheck(
                    what: "fleet", ok: false, found: "nothing is known of it: \(error.text)",
                    advice: "see the nodes above")
            ]
        }
        return fleet(snapshot, link)
    }

    /// Reads the whole topic, then listens until everybody who has sent heartbeats once was heard, or the time is up.
    private func listen(_ link: Connection) throws -> FleetSnapshot {
        let tail = try StatusTail(link.kafka, topics: link.topics, from: .beginning)
        defer { tail.close() }
        var snapshot = FleetSnapshot()
        var deadline = Clock.steadyMs + Self.readingMs
        while Clock.steadyMs < deadline, snapshot.isPast || Self.waits(for: snapshot) {
            guard let (event, stamp) = tail.stamped(timeoutMs: 100) else { continue }
            if case .error(let error) = event {
                if error.isFatal { throw error }
                continue
            }
            let wasPast = snapshot.isPast
            snapshot.take(event, stamp)
            // What comes puts the end of the reading off; the listening has one end.
            guard wasPast else { continue }
            deadline = Clock.steadyMs + (snapshot.isPast ? Self.readingMs : Self.listeningMs)
        }
        guard !snapshot.isPast else { throw link.unread(link.topics.status, [0], silentMs: Self.readingMs) }
        return snapshot
    }

    /// Whether somebody of a kind has sent heartbeats once and nobody of it was heard yet.
    private static func waits(for snapshot: FleetSnapshot) -> Bool {
        [HeartbeatSender.Kind.coordinator, .worker].contains { kind in
            snapshot.heartbeats.youngest(kind, at: .now).map { $0.source != .heard } ?? false
        }
    }

    private func fleet(_ snapshot: FleetSnapshot, _ link: Connection) -> [DoctorCheck] {
        let now = Moment.now
        let coordinator = snapshot.heartbeats.youngest(.coordinator, at: now)
        let worker = snapshot.heartbeats.youngest(.worker, at: now)
        let (leads, works) = (coordinator?.isFresh ?? false, worker?.isFresh ?? false)
        var checks = [
            HeartbeatReview.check(
                "coordinator", coordinator, group: link.topics.coordinatorGroup,
                leads ? .unknown("") : members(link.topics.coordinatorGroup, link),
                live: "\(snapshot.coordinator?.coordinator ?? "") leads",
                none: "start hashiflex coordinator, or heads can not be switched"),
            HeartbeatReview.check(
                "workers", worker, group: link.topics.workerGroup,
                works ? .unknown("") : members(link.topics.workerGroup, link),
                live: "\(snapshot.liveWorkers(at: now).count) live", none: "start hashiflex fleet up"),
            alarms(snapshot.coordinator?.alarms ?? [], isFresh: leads),
        ]
        let refused = snapshot.refusedShards(at: now)
        if let refused {
            checks.append(
                DoctorCheck(
                    what: "shards", ok: false, found: refused,
                    advice: "the reasons stand in topic \(link.topics.deadLetters)"))
        }
        checks.append(
            leads
                ? DoctorCheck(what: "backlog", ok: refused == nil, found: snapshot.waiting(at: now))
                : .unknown(
                    "backlog",
                    snapshot.coordinator == nil
                        ? "no coordinator has counted what waits"
                        : snapshot.waiting(at: now)))
        for worker in snapshot.liveWorkers(at: now) {
            for partition in worker.partitions {
                guard let blocked = partition.blocked else { continue }
                checks.append(
                    DoctorCheck(
                        what: "partition \(partition.partition) of \(worker.worker)", ok: false,
                        found: blocked))
            }
        }
        return checks
    }

    private func alarms(_ alarms: [String], isFresh: Bool) -> DoctorCheck {
        guard alarms.isEmpty else {
            let text = alarms.joined(separator: "; ")
            return DoctorCheck(
                what: "alarms", ok: false, found: isFresh ? text : "when a coordinator last spoke: \(text)")
        }
        return isFresh
            ? DoctorCheck(what: "alarms", ok: true, found: "none")
            : .unknown("alarms", "no coordinator is there to give any")
    }

    private func members(_ group: String, _ link: Connection) -> HeartbeatReview.Members {
        guard !link.isEmbedded else { return .unknown("the embedded broker does not tell") }
        do throws(KafkaError) {
            let found = try KafkaAdmin(link.kafka).group(group, timeoutMs: Self.groupMs)
            guard let found else { return .unknown("no node lists it, at least not to this user") }
            return found.memberCount.map { .count($0) } ?? .unknown("its nodes say \"\(found.state)\"")
        } catch {
            return .unknown("\(error)")
        }
    }
}
