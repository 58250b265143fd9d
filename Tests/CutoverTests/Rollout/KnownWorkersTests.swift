import Cutover
import PipelineMessages
import Testing

/// Whom the coordinator knows by heartbeats, and what it says of them.
@Suite struct KnownWorkersTests {
    private func machine(_ workers: [WorkerStatus]) -> RolloutStateMachine {
        var machine = RolloutStateMachine(livenessMs: 500)
        for worker in workers { machine.observe(worker, nowMs: 0) }
        return machine
    }

    @Test func aSilentWorkerDropsOut() {
        var machine = machine([heartbeat("w1", ready: ["a"])])
        machine.observe(heartbeat("w2", ready: ["a"]), nowMs: 400)
        #expect(machine.live(nowMs: 500).map(\.worker) == ["w1", "w2"])
        #expect(machine.live(nowMs: 501).map(\.worker) == ["w2"])
        machine.forgetSilent(nowMs: 5_000)
        #expect(machine.live(nowMs: 0).map(\.worker) == ["w1", "w2"])
        machine.forgetSilent(nowMs: 5_001)
        #expect(machine.live(nowMs: 0).map(\.worker) == ["w2"])
    }

    /// Anyone may write heartbeats: memory is bounded, and who beats on is not forgotten for long.
    @Test func aFloodOfNamesHidesNobodyWhoBeats() {
        var machine = machine([heartbeat("w1", ready: ["a"])])
        for index in 0..<5_000 {
            machine.observe(heartbeat("ghost-\(index)"), nowMs: Int64(index / 100))
            if index % 500 == 0 { machine.observe(heartbeat("w1", ready: ["a"]), nowMs: Int64(index / 100)) }
        }
        #expect(machine.live(nowMs: 50).count == RolloutStateMachine.workersMax)
        #expect(machine.live(nowMs: 50).contains { $0.worker == "w1" })
        #expect(machine.alarms(nowMs: 50).count == 1 && machine.alarms(nowMs: 10_000).isEmpty)
    }

    /// The heartbeats of two lives come by turns: two workers have one name, and each hides the other.
    @Test func twoWorkersOfOneNameAreSaid() {
        var machine = machine([heartbeat("w1", incarnation: "1", startedAtMs: 10), heartbeat("w2")])
        machine.observe(heartbeat("w1", incarnation: "2", startedAtMs: 50), nowMs: 10)
        #expect(machine.alarms(nowMs: 10).isEmpty, "a worker that was started again")
        machine.observe(heartbeat("w1", incarnation: "2", startedAtMs: 40), nowMs: 20)
        #expect(machine.alarms(nowMs: 20).isEmpty, "the same life")
        machine.observe(heartbeat("w1", incarnation: "1", startedAtMs: 10), nowMs: 30)
        #expect(
            machine.alarms(nowMs: 30) == [
                "two workers are called w1: one hides the other; give each a name of its own"
            ])
        #expect(machine.alarms(nowMs: 530).count == 1 && machine.alarms(nowMs: 531).isEmpty)
        // Both go on: so does the alarm.
        machine.observe(heartbeat("w1", incarnation: "2", startedAtMs: 40), nowMs: 590)
        machine.observe(heartbeat("w1", incarnation: "1", startedAtMs: 10), nowMs: 600)
        #expect(machine.alarms(nowMs: 600).count == 1)
        // One of them alone is not two.
        machine.observe(heartbeat("w1", incarnation: "1", startedAtMs: 10), nowMs: 1_200)
        #expect(machine.alarms(nowMs: 1_200).isEmpty && machine.live(nowMs: 1_200).count == 1)
    }

    /// The clock of a machine was set back, and its worker was started again: nobody hides behind the life before.
    @Test func aNewLifeWhoseClockIsBehindCountsOnceTheOldOneIsSilent() {
        var machine = machine([heartbeat("w1", incarnation: "1", startedAtMs: 1_000, ready: ["a"])])
        machine.observe(heartbeat("w1", incarnation: "2", startedAtMs: 10), nowMs: 500)
        #expect(machine.live(nowMs: 500).map(\.incarnation) == ["1"], "it may be a straggler")
        machine.observe(heartbeat("w1", incarnation: "2", startedAtMs: 10), nowMs: 501)
        #expect(machine.live(nowMs: 501).map(\.incarnation) == ["2"])
        #expect(machine.alarms(nowMs: 1_100).isEmpty)
    }

    /// Heartbeats of the largest legal size under many names: what is remembered is bounded, and who beats stays.
    @Test func aFloodOfLargeHeartbeatsTakesABoundedMemory() {
        var machine = machine([])
        var large = heartbeat("x")
        large.partitions = (0..<Int32(RecordBounds.partitions)).map {
            .init(partition: $0, position: 0, head: nil, blocked: nil)
        }
        for index in 0..<200 {
            large.worker = "ghost-\(index)"
            machine.observe(large, nowMs: Int64(index))
            machine.observe(heartbeat("w1", ready: ["a"]), nowMs: Int64(index))
        }
        let partitions = machine.live(nowMs: 200).reduce(0) { $0 + $1.partitions.count }
        #expect(partitions < 700_000, "100 bytes each are 64 MiB")
        #expect(machine.live(nowMs: 200).contains { $0.worker == "w1" })
        #expect(machine.alarms(nowMs: 200).count == 1)
    }
}
