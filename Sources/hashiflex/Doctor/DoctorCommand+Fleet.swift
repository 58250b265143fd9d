import ControlPlane
import Kafka
import PipelineMessages
import Threads

extension DoctorCommand {
    /// How long the status topic may keep silent, milliseconds.
    private static let readingMs: Int64 = 15_000
    /// How long to listen for heartbeats that come, milliseconds: workers send two a second, coordinators one.
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
        let heartbeats: HeartbeatReview
        do {
            (snapshot, heartbeats) = try listen(link)
        } catch let error as KafkaError where error.isRefusedAccess {
            return [.unknown("fleet", "\(error)")]
        } catch let error as CommandError {
            return [
                DoctorCheck(
                    what: "fleet", ok: false, found: "nothing is known of it: \(error.text)",
                    advice: "see the nodes above")
            ]
        }
        return fleet(snapshot, heartbeats, link)
    }

    /// Reads the whole topic, then listens until everybody who has sent heartbeats once was heard, or the time is up.
    private func listen(_ link: Connection) throws -> (FleetSnapshot, HeartbeatReview) {
        let tail = try StatusTail(link.kafka, topics: link.topics, from: .beginning)
        defer { tail.close() }
        var snapshot = FleetSnapshot()
        var heartbeats = HeartbeatReview()
        var deadline = Clock.steadyMs + Self.readingMs
        while Clock.steadyMs < deadline, snapshot.isPast || heartbeats.mayTellMore {
            guard let (event, stamp) = tail.stamped(timeoutMs: 100) else { continue }
            if case .error(let error) = event {
                if error.isFatal { throw error }
                continue
            }
            let wasPast = snapshot.isPast
            snapshot.take(event)
            heartbeats.take(event, stamp)
            // What comes puts the end of the reading off; the listening has one end.
            guard wasPast else { continue }
            deadline = Clock.steadyMs + (snapshot.isPast ? Self.readingMs : Self.listeningMs)
        }
        guard !snapshot.isPast else { throw link.unread(link.topics.status, [0], silentMs: Self.readingMs) }
        return (snapshot, heartbeats)
    }

    private func fleet(
        _ snapshot: FleetSnapshot, _ heartbeats: HeartbeatReview, _ link: Connection
    ) -> [DoctorCheck] {
        let now = Clock.wallMs
        let leads = HeartbeatReview.isFresh(heartbeats.coordinator, nowMs: now)
        var checks = [
            HeartbeatReview.check(
                "coordinator", heartbeats.coordinator, group: link.topics.coordinatorGroup,
                leads ? .unknown("") : members(link.topics.coordinatorGroup, link), nowMs: now,
                live: "\(snapshot.coordinator?.coordinator ?? "") leads",
                none: "start hashiflex coordinator, or heads can not be switched"),
            HeartbeatReview.check(
                "workers", heartbeats.worker, group: link.topics.workerGroup,
                HeartbeatReview.isFresh(heartbeats.worker, nowMs: now)
                    ? .unknown("") : members(link.topics.workerGroup, link), nowMs: now,
                live: "\(snapshot.liveWorkers.count) live", none: "start hashiflex fleet up"),
            alarms(snapshot.coordinator?.alarms ?? [], isFresh: leads),
        ]
        if let refused = snapshot.refusedShards {
            checks.append(
                DoctorCheck(
                    what: "shards", ok: false, found: refused,
                    advice: "the reasons stand in topic \(link.topics.deadLetters)"))
        }
        checks.append(
            leads
                ? DoctorCheck(what: "backlog", ok: snapshot.refusedShards == nil, found: snapshot.waiting)
                : .unknown(
                    "backlog",
                    snapshot.coordinator == nil
                        ? "no coordinator has counted what waits"
                        : "when a coordinator last counted: \(snapshot.waiting)"))
        for worker in snapshot.liveWorkers {
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
