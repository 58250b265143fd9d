import Artifacts
import ControlPlane
import FleetMachines
import PipelineMessages
import Testing
import hashiflex

/// Who is shown as live, whatever the clocks of those who send heartbeats say.
@Suite struct FleetSnapshotTests {
    private static let wallMs: Int64 = 1_700_000_000_000

    private func at(_ milliseconds: Int64) -> Moment {
        Moment(steadyMs: milliseconds, wallMs: Self.wallMs + milliseconds)
    }

    /// The heartbeats of a worker, a fleet and a coordinator of these names whose clocks are so far ahead.
    private func heartbeats(
        _ name: String, at milliseconds: Int64, ahead: Int64, _ state: WorkerStatus.State = .running
    ) -> [StatusTail.Event] {
        let atMs = Self.wallMs + milliseconds + ahead
        var worker = WorkerStatus(
            worker: name, incarnation: "1", host: "h", pid: 1, startedAtMs: atMs,
            backbone: ContentDigest(of: [1]), isa: "scalar", replicas: 1)
        worker.state = state
        worker.atMs = atMs
        return [
            .worker(worker), .coordinator(CoordinatorStatus(coordinator: name, atMs: atMs)),
            .fleet(
                FleetStatus(
                    fleet: name, host: "h", pid: 1, target: 1, workers: [name], restarts: 0, atMs: atMs)),
        ]
    }

    /// A record's time as the topic gives it.
    private func stamp(_ milliseconds: Int64, ahead: Int64, isBrokers: Bool) -> StatusTail.Stamp {
        StatusTail.Stamp(
            atMs: Self.wallMs + milliseconds + (isBrokers ? 0 : ahead), isBrokers: isBrokers)
    }

    private func isCoordinatorShown(_ snapshot: FleetSnapshot, _ now: Moment) -> Bool {
        let lines = snapshot.lines(at: now)
        return lines.contains { $0.hasPrefix("coordinator c:") || $0.hasPrefix("coordinator w:") }
            && !lines.contains { $0.contains("no recent heartbeat") }
    }

    /// All beat; their clocks are a minute behind. In a topic with the broker's stamps, and in one without.
    @Test(arguments: [true, false])
    func whoIsAMinuteBehindIsLive(_ isBrokers: Bool) {
        var snapshot = FleetSnapshot()
        for time in [-600, 400] as [Int64] {
            for event in heartbeats("w", at: time, ahead: -60_000) {
                snapshot.take(event, stamp(time, ahead: -60_000, isBrokers: isBrokers), atMs: time)
            }
            if time < 0 { snapshot.take(.caughtUp, nil, atMs: 0) }
        }
        #expect(snapshot.liveWorkers(at: at(500)).map(\.worker) == ["w"])
        #expect(snapshot.liveFleets(at: at(500)).map(\.fleet) == ["w"])
        #expect(snapshot.liveCoordinator(at: at(500))?.coordinator == "w")
        #expect(isCoordinatorShown(snapshot, at(500)))
    }

    /// They were heard before the reading only; a worker that beats tells the broker's time.
    @Test func whoIsAMinuteBehindAndWasNotHeardIsLiveByTheBrokersClock() {
        var snapshot = FleetSnapshot()
        for event in heartbeats("c", at: -800, ahead: -60_000) {
            snapshot.take(event, stamp(-800, ahead: -60_000, isBrokers: true), atMs: 0)
        }
        snapshot.take(.caughtUp, nil, atMs: 0)
        snapshot.take(
            heartbeats("w", at: 200, ahead: 0)[0], stamp(200, ahead: 0, isBrokers: true), atMs: 200)
        // Our own clock is an hour away from the broker's.
        let now = Moment(steadyMs: 300, wallMs: Self.wallMs + 3_600_000)
        #expect(snapshot.liveWorkers(at: now).map(\.worker) == ["c", "w"])
        #expect(snapshot.liveFleets(at: now).map(\.fleet) == ["c"])
        #expect(isCoordinatorShown(snapshot, now))
    }

    /// All died a minute ago; their clocks were a minute, or a day, ahead.
    @Test(arguments: [true, false], [120_000, 86_400_000] as [Int64])
    func whoIsDeadAndWasAheadIsNotLive(_ isBrokers: Bool, _ ahead: Int64) {
        var snapshot = FleetSnapshot()
        for event in heartbeats("w", at: -60_000, ahead: ahead) {
            snapshot.take(event, stamp(-60_000, ahead: ahead, isBrokers: isBrokers), atMs: 0)
        }
        snapshot.take(.caughtUp, nil, atMs: 0)
        for now in [at(0), at(2_500), at(70_000)] {
            #expect(snapshot.liveWorkers(at: now).isEmpty && snapshot.liveFleets(at: now).isEmpty)
            #expect(snapshot.liveCoordinator(at: now) == nil && !isCoordinatorShown(snapshot, now))
        }
    }

    /// A topic that keeps the names of thousands that are gone.
    @Test func whoWasReadLastStaysWhereThereAreTooManyNames() {
        var snapshot = FleetSnapshot()
        func take(_ name: String) {
            for event in heartbeats(name, at: 0, ahead: 0) {
                snapshot.take(event, stamp(0, ahead: 0, isBrokers: true), atMs: 0)
            }
        }
        // First in the alphabet, and alive: read again and again among the others.
        for number in 0..<9_000 {
            if number % 1_000 == 0 { take("a") }
            take("gone\(number)")
        }
        let workers = snapshot.liveWorkers(at: at(0)).map(\.worker)
        #expect(workers.count == 4_096 && workers.contains("a") && workers.contains("gone8999"))
        #expect(!workers.contains("gone0"))
        #expect(snapshot.liveFleets(at: at(0)).contains { $0.fleet == "a" })
    }

    @Test func aWorkerThatHasStoppedIsNeitherLiveNorWaitedFor() {
        var snapshot = FleetSnapshot()
        snapshot.take(heartbeats("w", at: -500, ahead: 0)[0], nil, atMs: 0)
        snapshot.take(heartbeats("w", at: -100, ahead: 0, .stopped)[0], nil, atMs: 0)
        snapshot.take(.caughtUp, nil, atMs: 0)
        var rhythm = ViewRhythm(seconds: 0.1, at: at(0))
        let isDue = rhythm.isDue(snapshot, [.worker], at: at(100))
        #expect(isDue && snapshot.liveWorkers(at: at(100)).isEmpty)
    }

    /// `top` draws nothing of a fleet that it has not read to its end, and nobody as gone whom it has not listened for.
    @Test func aViewIsDrawnAfterTheTopicIsRead() {
        var snapshot = FleetSnapshot()
        var rhythm = ViewRhythm(seconds: 1, at: at(0))
        func isDue(_ milliseconds: Int64) -> Bool {
            rhythm.isDue(snapshot, [.worker, .coordinator], at: at(milliseconds))
        }
        for event in heartbeats("w", at: -60_000, ahead: 0) {
            snapshot.take(event, stamp(-60_000, ahead: 0, isBrokers: true), atMs: 5_000)
        }
        #expect(!isDue(5_000), "read in part")
        snapshot.take(.caughtUp, nil, atMs: 6_000)
        #expect(!isDue(6_100), "not listened for")
        #expect(isDue(8_500))
        #expect(!isDue(9_400))
        #expect(isDue(9_500))
    }

    /// A second `fleet up` waits for a supervisor that may be there, whatever clocks say, and for no other.
    @Test func aSupervisorIsListenedForUnlessTheBrokersClockSaysThatItIsDead() {
        var snapshot = FleetSnapshot()
        for event in heartbeats("w", at: -60_000, ahead: -60_000) {
            snapshot.take(event, stamp(-60_000, ahead: 0, isBrokers: true), atMs: 0)
        }
        snapshot.take(.caughtUp, nil, atMs: 0)
        #expect(snapshot.mayBeat(fleet: "w", at: at(0)) && !snapshot.isHeard(fleet: "w"))
        #expect(!snapshot.mayBeat(fleet: "other", at: at(0)))
        var told = snapshot
        told.take(heartbeats("x", at: 100, ahead: 0)[0], stamp(100, ahead: 0, isBrokers: true), atMs: 100)
        #expect(!told.mayBeat(fleet: "w", at: at(100)), "it has been silent for a minute")
        for event in heartbeats("w", at: 900, ahead: -60_000) {
            snapshot.take(event, stamp(900, ahead: 0, isBrokers: true), atMs: 900)
        }
        #expect(snapshot.isHeard(fleet: "w"))
    }

    /// A coordinator that has died counted what waited then, and nothing since.
    @Test func whatADeadCoordinatorCountedIsOfThen() {
        var snapshot = FleetSnapshot()
        var counted = CoordinatorStatus(coordinator: "c", atMs: Self.wallMs - 3_600_000)
        counted.ledger = [LedgerEntry(worker: "w", images: 0, shards: 9)]
        snapshot.take(.coordinator(counted), stamp(-3_600_000, ahead: 0, isBrokers: true), atMs: 0)
        snapshot.take(.caughtUp, nil, atMs: 0)
        for event in heartbeats("w", at: 100, ahead: 0) {
            if case .worker(var worker) = event {
                worker.imagesScored = 1_000
                snapshot.take(.worker(worker), stamp(100, ahead: 0, isBrokers: true), atMs: 100)
            }
        }
        let lines = snapshot.lines(at: at(200))
        #expect(!lines.contains { $0.hasPrefix("nothing waits") || $0.hasPrefix("ALARM") }, "\(lines)")
        #expect(lines.contains { $0.hasPrefix("when a coordinator last counted: nothing waits") })
        // The broker's clock, by the heartbeat that came.
        #expect(snapshot.heartbeats.brokerMs(at: at(250)) == Self.wallMs + 250)
    }
}
