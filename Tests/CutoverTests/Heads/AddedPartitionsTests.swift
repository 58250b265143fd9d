import Cutover
import PipelineMessages
import Testing

/// Which partitions lack the head in force, and what is asked for them.
@Suite struct AddedPartitionsTests {
    /// A log in which `name` is committed, asked for at `number` for `partitions`, with markers in `offsets`.
    private func committed(
        _ log: inout ActivationLog, _ name: String, _ number: Int64, slot: HeadSlot = .standard,
        partitions: [Int32]? = nil, offsets: [Int32: Int64]
    ) {
        log.apply(request(name, slot: slot, partitions: partitions), at: number)
        log.apply(
            request(name, slot: slot, partitions: partitions)
                .with(.committing, number: number, scanFrom: offsets.mapValues { _ in Int64(0) }),
            at: number + 1)
        log.apply(
            request(name, slot: slot, partitions: partitions)
                .with(.committed, number: number, offsets: offsets), at: number + 2)
    }

    /// What the log asks for, committed as a coordinator would.
    private func complete(_ log: inout ActivationLog, _ addition: CutoverRecord, at number: Int64) {
        let offsets = Dictionary(uniqueKeysWithValues: (addition.partitions ?? []).map { ($0, Int64(3)) })
        log.apply(addition, at: number)
        log.apply(addition.with(.committing, number: number, scanFrom: offsets), at: number + 1)
        log.apply(addition.with(.committed, number: number, offsets: offsets), at: number + 2)
    }

    @Test func nothingIsAskedWhereEachPartitionHasItsHead() {
        var log = ActivationLog()
        #expect(log.addition([0, 1], atMs: 0) == nil)
        committed(&log, "a", 0, offsets: [0: 5, 1: 6])
        #expect(log.addition([0, 1], atMs: 0) == nil)
    }

    @Test func addedPartitionsGetTheHeadAndAreAskedForOnce() throws {
        var log = ActivationLog()
        committed(&log, "a", 0, offsets: [0: 5, 1: 6])
        let addition = try #require(log.addition([0, 1, 2, 3], atMs: 9))
        #expect(addition.partitions == [2, 3] && addition.restates == 0 && addition.head == digest("a"))
        #expect(addition.quorum == 1 && addition.requestedAtMs == 9)
        complete(&log, addition, at: 10)
        #expect(log.addition([0, 1, 2, 3], atMs: 9) == nil)
        #expect(log.head(partition: 3, offset: 0, stream: "s")?.head == digest("a"))
        // Added once more: again by the cut-over of all.
        let second = try #require(log.addition([0, 1, 2, 3, 4], atMs: 9))
        #expect(second.partitions == [4] && second.restates == 0 && second.request != addition.request)
    }

    @Test func aCanaryIsNoHeadOfAddedPartitions() throws {
        var log = ActivationLog()
        committed(&log, "a", 0, offsets: [0: 5, 1: 6])
        committed(&log, "canary", 4, partitions: [1], offsets: [1: 9])
        let addition = try #require(log.addition([0, 1, 2], atMs: 0))
        #expect(addition.head == digest("a") && addition.partitions == [2])
        // Nor is one that was given the new partition on purpose replaced.
        committed(&log, "other", 8, partitions: [2], offsets: [2: 1])
        #expect(log.addition([0, 1, 2], atMs: 0) == nil)
    }

    @Test func streamsComeFirstAndTheDefaultSlotLast() throws {
        var log = ActivationLog()
        committed(&log, "a", 0, offsets: [0: 5])
        committed(&log, "b", 4, slot: .stream("s"), offsets: [0: 9])
        let first = try #require(log.addition([0, 1], atMs: 0))
        #expect(first.slot == .stream("s") && first.restates == 4)
        complete(&log, first, at: 10)
        let second = try #require(log.addition([0, 1], atMs: 0))
        #expect(second.slot == .standard && second.restates == 0)
    }

    @Test func anAbortedOneGetsAnotherName() throws {
        var log = ActivationLog()
        committed(&log, "a", 0, offsets: [0: 5])
        let first = try #require(log.addition([0, 1], atMs: 0))
        log.apply(first, at: 10)
        log.apply(first.with(.aborted, number: 10), at: 11)
        let second = try #require(log.addition([0, 1], atMs: 0))
        #expect(second.request != first.request && second.partitions == first.partitions)
    }

    @Test func aPushInBetweenWins() throws {
        var log = ActivationLog()
        committed(&log, "a", 0, offsets: [0: 5])
        let addition = try #require(log.addition([0, 1], atMs: 0))
        #expect(log.objection(to: addition) == nil)
        committed(&log, "b", 4, offsets: [0: 9, 1: 2])
        log.apply(addition, at: 10)
        log.apply(manifest("a"))
        #expect(log.objection(to: addition)?.contains("#0") == true)
        var machine = RolloutStateMachine(livenessMs: 1_000)
        machine.observe(heartbeat("w", ready: ["a"]), nowMs: 0)
        guard case .decide(let decided) = machine.next(log, now: 0, wallMs: 0) else {
            Issue.record("nothing was decided")
            return
        }
        #expect(decided.state == .aborted && decided.request == addition.request)
    }

    @Test func whatAPersonAsksForIsNeverObjectedTo() {
        var log = ActivationLog()
        committed(&log, "a", 0, offsets: [0: 5])
        #expect(log.objection(to: request("b", partitions: [1])) == nil)
    }
}
