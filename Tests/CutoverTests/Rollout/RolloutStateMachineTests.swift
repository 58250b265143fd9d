import Cutover
import PipelineMessages
import Testing

@Suite struct RolloutStateMachineTests {
    /// A log with published heads and requests, in this order.
    private func log(_ requests: [CutoverRecord], published: Bool = true) -> ActivationLog {
        var log = ActivationLog()
        for (offset, request) in requests.enumerated() {
            if published { log.apply(manifest(request.request)) }
            log.apply(request, at: Int64(offset))
        }
        return log
    }

    private func machine(_ workers: [WorkerStatus], atMs: Int64 = 0) -> RolloutStateMachine {
        var machine = RolloutStateMachine(livenessMs: 500)
        for worker in workers { machine.observe(worker, nowMs: atMs) }
        return machine
    }

    private func decision(_ action: RolloutStateMachine.Action) -> CutoverRecord? {
        if case .decide(let record) = action { record } else { nil }
    }

    @Test func nothingIsDoneWithoutARequest() {
        var machine = machine([heartbeat("w1", ready: ["a"])])
        #expect(machine.next(ActivationLog(), now: 0, wallMs: wallMs) == .wait)
        #expect(machine.next(log([request("a").with(.aborted)]), now: 0, wallMs: wallMs) == .wait)
        #expect(
            machine.next(log([request("a").with(.committed, offsets: [:])]), now: 0, wallMs: wallMs) == .wait)
    }

    @Test func allReadyCommits() throws {
        var machine = machine([heartbeat("w1", ready: ["x", "a"]), heartbeat("w2", ready: ["a"])])
        let record = try #require(decision(machine.next(log([request("a")]), now: 7, wallMs: wallMs)))
        #expect(record.state == .committing)
        #expect(record.request == "a" && record.number == 0 && record.updatedAtMs == wallMs)
    }

    @Test func oneThatIsNotReadyIsWaitedFor() {
        var machine = machine([heartbeat("w1", ready: ["a"]), heartbeat("w2")])
        #expect(machine.next(log([request("a")]), now: 0, wallMs: wallMs) == .wait)
        machine.observe(heartbeat("w2", ready: ["a"]), nowMs: 10)
        #expect(decision(machine.next(log([request("a")]), now: 10, wallMs: wallMs))?.state == .committing)
    }

    @Test func aRefusalAbortsWithItsReason() throws {
        var machine = machine([
            heartbeat("w1", ready: ["a"]), heartbeat("w2", refused: ["a": "wrong backbone"]),
        ])
        let record = try #require(decision(machine.next(log([request("a")]), now: 0, wallMs: wallMs)))
        #expect(record.state == .aborted)
        #expect(record.reasons == ["w2: wrong backbone"])
    }

    @Test func aRefusalOfAnotherHeadIsNoRefusal() {
        var machine = machine([heartbeat("w1", ready: ["a"], refused: ["b": "no room"])])
        #expect(decision(machine.next(log([request("a")]), now: 0, wallMs: wallMs))?.state == .committing)
    }

    @Test func aQuorumNeedsOnlySoMany() {
        let three = [heartbeat("w1", ready: ["a"]), heartbeat("w2", ready: ["a"]), heartbeat("w3")]
        var machine = machine(three)
        #expect(
            decision(machine.next(log([request("a", quorum: 2)]), now: 0, wallMs: wallMs))?.state
                == .committing)
        #expect(machine.next(log([request("a", quorum: 3)]), now: 0, wallMs: wallMs) == .wait)
    }

    @Test func aRefusalThatLeavesTheQuorumPossibleDoesNotAbort() {
        var machine = machine([
            heartbeat("w1", ready: ["a"]), heartbeat("w2"), heartbeat("w3", refused: ["a": "no room"]),
        ])
        let two = log([request("a", quorum: 2)])
        #expect(machine.next(two, now: 0, wallMs: wallMs) == .wait)
        machine.observe(heartbeat("w2", refused: ["a": "no room"]), nowMs: 1)
        #expect(
            decision(machine.next(two, now: 1, wallMs: wallMs))?.reasons == ["w2: no room", "w3: no room"])
    }

    @Test func theDeadlineAbortsAndNamesWhoIsNotReady() throws {
        var machine = machine([heartbeat("w1", ready: ["a"]), heartbeat("w2"), heartbeat("w3")])
        let waiting = log([request("a", deadlineMs: 300)])
        // It runs from when this coordinator first saw the request, here from 100.
        #expect(machine.next(waiting, now: 100, wallMs: wallMs) == .wait)
        #expect(machine.next(waiting, now: 400, wallMs: wallMs) == .wait)
        let record = try #require(decision(machine.next(waiting, now: 401, wallMs: wallMs)))
        #expect(record.state == .aborted)
        #expect(record.reasons == ["w2: not ready", "w3: not ready"])
    }

    /// Somebody sets the coordinator's clock: records bear its time, nothing is decided by it.
    @Test func aStepOfTheWallClockMovesNoDeadlineAndKillsNobody() throws {
        var machine = machine([heartbeat("w1"), heartbeat("w2", ready: ["a"])])
        let waiting = log([request("a", deadlineMs: 300)])
        #expect(machine.next(waiting, now: 0, wallMs: wallMs) == .wait)
        #expect(machine.next(waiting, now: 200, wallMs: wallMs + 3_600_000) == .wait)
        #expect(machine.next(waiting, now: 300, wallMs: 0) == .wait)
        let record = try #require(decision(machine.next(waiting, now: 301, wallMs: 5)))
        #expect(record.state == .aborted && record.reasons == ["w1: not ready"] && record.updatedAtMs == 5)
    }

    @Test func aDeadlineWithoutEnoughWorkersSaysSo() throws {
        var machine = machine([heartbeat("w1", ready: ["a"])])
        let waiting = log([request("a", quorum: 2, deadlineMs: 10)])
        #expect(machine.next(waiting, now: 0, wallMs: wallMs) == .wait)
        let record = try #require(decision(machine.next(waiting, now: 11, wallMs: wallMs)))
        #expect(record.state == .aborted)
        #expect(record.reasons?.isEmpty == false, "an abort always names a reason")
    }

    @Test func aRefusalIsNamedAlsoWhenTheDeadlineAborts() throws {
        var machine = machine([
            heartbeat("w1"), heartbeat("w2", refused: ["a": "no room"]), heartbeat("w3", ready: ["a"]),
        ])
        let waiting = log([request("a", quorum: 2, deadlineMs: 10)])
        #expect(machine.next(waiting, now: 0, wallMs: wallMs) == .wait)
        let record = try #require(decision(machine.next(waiting, now: 11, wallMs: wallMs)))
        #expect(record.reasons == ["w1: not ready", "w2: no room"])
    }

    @Test(arguments: [nil, 1, 2] as [Int?])
    func noLiveWorkerNeverCommits(quorum: Int?) {
        var machine = machine([])
        let waiting = log([request("a", quorum: quorum, deadlineMs: 10)])
        #expect(machine.next(waiting, now: 0, wallMs: wallMs) == .wait)
        #expect(
            decision(machine.next(waiting, now: 11, wallMs: wallMs))?.reasons == [
                "no live worker to prepare the head"
            ]
        )
    }

    @Test func aManifestThatComesLateIsWaitedFor() {
        var machine = machine([heartbeat("w1", ready: ["a"])])
        #expect(machine.next(log([request("a")], published: false), now: 0, wallMs: wallMs) == .wait)
        #expect(decision(machine.next(log([request("a")]), now: 1, wallMs: wallMs))?.state == .committing)
    }

    @Test func aManifestThatNeverComesAborts() {
        var machine = machine([heartbeat("w1")])
        let waiting = log([request("a", deadlineMs: 10)], published: false)
        #expect(machine.next(waiting, now: 0, wallMs: wallMs) == .wait)
        #expect(
            decision(machine.next(waiting, now: 11, wallMs: wallMs))?.reasons
                == ["the head was never published completely"]
        )
    }

    @Test func committingIsAlwaysCompleted() {
        let record = request("a").with(.committing, number: 0, scanFrom: [0: 4])
        for workers in [[], [heartbeat("w1", refused: ["a": "late"])]] {
            var machine = machine(workers)
            guard case .completeMarkers(let found) = machine.next(log([record]), now: 99_999, wallMs: wallMs)
            else {
                Issue.record("a cut-over that commits only goes forward")
                return
            }
            #expect(found == record)
        }
    }

    @Test func cutOversGoOneAtATimeInOrder() {
        var machine = machine([heartbeat("w1", ready: ["b"])])
        var both = log([request("a"), request("b")])
        #expect(machine.next(both, now: 0, wallMs: wallMs) == .wait, "b is ready, but a is first")
        both.apply(request("a").with(.committing), at: 5)
        guard case .completeMarkers(let first) = machine.next(both, now: 0, wallMs: wallMs) else {
            Issue.record("a comes first")
            return
        }
        #expect(first.request == "a")
        both.apply(request("a").with(.committed, offsets: [:]), at: 6)
        #expect(decision(machine.next(both, now: 0, wallMs: wallMs))?.request == "b")
    }

    @Test func aSecondCutOversDeadlineBeginsWhenItsTurnComes() {
        var machine = machine([heartbeat("w1")])
        var both = log([request("a", deadlineMs: 100), request("b", deadlineMs: 100)])
        #expect(machine.next(both, now: 0, wallMs: wallMs) == .wait)
        machine.observe(heartbeat("w1"), nowMs: 101)
        #expect(decision(machine.next(both, now: 101, wallMs: wallMs))?.request == "a")
        both.apply(request("a").with(.aborted), at: 5)
        #expect(machine.next(both, now: 150, wallMs: wallMs) == .wait)
        #expect(machine.next(both, now: 250, wallMs: wallMs) == .wait)
        #expect(decision(machine.next(both, now: 251, wallMs: wallMs))?.request == "b")
    }

    @Test func aStoppedWorkerDropsOutAtOnce() {
        var machine = machine([heartbeat("w1", ready: ["a"]), heartbeat("w2")])
        machine.observe(heartbeat("w2", state: .stopped), nowMs: 1)
        #expect(decision(machine.next(log([request("a")]), now: 1, wallMs: wallMs))?.state == .committing)
    }

    @Test(arguments: [WorkerStatus.State.starting, .running, .draining])
    func aWorkerThatMayStillScoreIsNeeded(state: WorkerStatus.State) {
        var machine = machine([heartbeat("w1", ready: ["a"]), heartbeat("w2", state: state)])
        #expect(machine.next(log([request("a")]), now: 0, wallMs: wallMs) == .wait)
    }

    @Test func aStragglerOfAnEarlierLifeIsIgnored() {
        var machine = machine([heartbeat("w1", incarnation: "2", startedAtMs: 50)])
        machine.observe(heartbeat("w1", incarnation: "1", startedAtMs: 10, ready: ["a"]), nowMs: 1)
        #expect(machine.live(nowMs: 1).map(\.incarnation) == ["2"])
        #expect(
            machine.next(log([request("a")]), now: 1, wallMs: wallMs) == .wait,
            "the new life has not loaded it")
        machine.observe(heartbeat("w1", incarnation: "3", startedAtMs: 60, ready: ["a"]), nowMs: 2)
        #expect(decision(machine.next(log([request("a")]), now: 2, wallMs: wallMs))?.state == .committing)
    }

    /// A broker with a small `offset.metadata.max.bytes`: workers could not commit under the head.
    @Test func aHeadThatABrokerDoesNotKeepBesideAnOffsetIsRefused() throws {
        for (bytes, state) in [
            (200, CutoverRecord.State.aborted), (1_000, .committing), (9_999, .committing),
        ] {
            var machine = RolloutStateMachine(livenessMs: 500, offsetBytesMax: bytes)
            machine.observe(heartbeat("w1", ready: ["a"]), nowMs: 0)
            let record = try #require(decision(machine.next(log([request("a")]), now: 0, wallMs: wallMs)))
            #expect(record.state == state, "\(bytes)")
            guard state == .aborted else { continue }
            let reason = try #require(record.reasons?.first)
            #expect(reason.contains("200 bytes") && reason.contains("offset.metadata.max.bytes to 4096"))
        }
    }

    @Test func moreSlotsThanACommittedOffsetCanNameAreRefused() throws {
        var machine = machine([heartbeat("w1", ready: (0..<64).map { "h\($0)" })])
        var log = ActivationLog()
        for number in 0..<64 {
            let asked = request("h\(number)", slot: .stream("plant-3/line-\(number)"))
            log.apply(manifest("h\(number)"))
            log.apply(asked, at: Int64(number))
            let decided = try #require(decision(machine.next(log, now: 0, wallMs: wallMs)))
            guard decided.state == .committing else {
                #expect(number >= 16, "sixteen slots of usual names fit")
                #expect(decided.reasons?.first?.contains("4096 bytes") == true)
                // A head for a slot that is there already needs no room.
                log.apply(decided, at: 200)
                log.apply(manifest("h63"))
                log.apply(request("h63", slot: .stream("plant-3/line-0")), at: 201)
                #expect(decision(machine.next(log, now: 0, wallMs: wallMs))?.state == .committing)
                return
            }
            log.apply(asked.with(.committing), at: 100)
            log.apply(asked.with(.committed, offsets: [0: Int64(number)]), at: 101)
        }
        Issue.record("64 slots were accepted; workers could not commit any more")
    }

    @Test func aFrozenHeadAbortsWhateverTheQuorum() throws {
        var frozen = heartbeat("w2")
        frozen.frozenHead = .init(head: digest("z"), label: headLabel("z"))
        for quorum in [nil, 1, 2] {
            for isPublished in [true, false] {
                var machine = machine([heartbeat("w1", ready: ["a"]), heartbeat("w3", ready: ["a"]), frozen])
                let log = log([request("a", quorum: quorum)], published: isPublished)
                let record = try #require(decision(machine.next(log, now: 0, wallMs: wallMs)))
                #expect(record.state == .aborted)
                let reason = try #require(frozen.frozenHeadRefusal)
                #expect(record.reasons == ["w2: \(reason)"])
                #expect(
                    reason.contains("head@z") && reason.contains("only an open backbone takes another head"))
            }
        }
    }

    @Test func aFrozenWorkerThatLeftIsNoReason() {
        var frozen = heartbeat("w2", state: .stopped)
        frozen.frozenHead = .init(head: digest("z"), label: headLabel("z"))
        var machine = machine([heartbeat("w1", ready: ["a"]), frozen])
        #expect(decision(machine.next(log([request("a")]), now: 0, wallMs: wallMs))?.state == .committing)
    }
}
