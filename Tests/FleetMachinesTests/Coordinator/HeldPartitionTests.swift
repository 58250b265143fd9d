import FleetMachines
import PipelineMessages
import Testing

/// What a coordinator says of partitions behind a transaction that nobody ends.
@Suite struct HeldPartitionTests {
    private var machine = CoordinatorMachine(CoordinatorSettings(name: "c", partitions: [0, 1]))
    private var nowMs: Int64 = 0

    init() {
        for event in [CoordinatorEvent.leads(true), .controlCaughtUp, .statusCaughtUp] { _ = tell(event) }
    }

    /// Tells it something a second and a bit later; returns what it says, and the alarms of its heartbeat.
    private mutating func tell(_ event: CoordinatorEvent) -> (said: [String], alarms: [String]) {
        nowMs += 1_100
        let actions = machine.handle(event, at: Moment(steadyMs: nowMs, wallMs: nowMs))
        return (
            actions.compactMap { if case .say(let line) = $0 { line } else { nil } },
            actions.flatMap { if case .beat(let status) = $0 { status.alarms } else { [String]() } }
        )
    }

    private func held(_ partition: Int32, at offset: Int64) -> HeldPartition {
        HeldPartition(partition: partition, offset: offset, text: "partition \(partition) waits at \(offset)")
    }

    @Test mutating func theSameTransactionAtTwoLooksIsSaidOnceAndIsAnAlarmUntilItIsOver() {
        let first = tell(.heldBack([held(1, at: 7)]))
        #expect(first.said.isEmpty && first.alarms.isEmpty)
        let second = tell(.heldBack([held(1, at: 7)]))
        #expect(second.said == ["shards: partition 1 waits at 7"])
        #expect(second.alarms == ["partition 1 waits at 7"])
        let third = tell(.heldBack([held(1, at: 7)]))
        #expect(third.said.isEmpty && third.alarms == ["partition 1 waits at 7"])
        let over = tell(.heldBack([]))
        #expect(over.said == ["shards: partition 1 goes on, the open transaction is over"])
        #expect(over.alarms.isEmpty)
    }

    @Test mutating func transactionsThatPassAreNone() {
        for offset in 0..<20 {
            let told = tell(.heldBack([held(0, at: Int64(offset)), held(1, at: Int64(offset))]))
            #expect(told.said.isEmpty && told.alarms.isEmpty)
        }
    }

    @Test mutating func manyAreCounted() {
        let all = (0..<100).map { held($0, at: 3) }
        _ = tell(.heldBack(all))
        let told = tell(.heldBack(all))
        #expect(told.said.count == 8)
        #expect(told.alarms.count == 9 && told.alarms.last == "and 92 more partitions")
    }
}
