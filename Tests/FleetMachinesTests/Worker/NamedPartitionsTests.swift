import Artifacts
import FleetMachines
import PipelineMessages
import Testing

/// The partitions as a heartbeat names them.
@Suite struct NamedPartitionsTests {
    /// Not that of the last image: between two shards a marker says what the next one is scored by.
    @Test func aPartitionBearsTheHeadInForceAtItsPosition() {
        var bench = WorkerBench()
        bench.putInForce("a", number: 1, partitions: [0])
        bench.putInForce("b", number: 5, partitions: [0])
        bench.own([0, 1])
        #expect(bench.machine.partitions.map(\.head) == [nil, nil])
        _ = bench.take(marker(announced("a", number: 1)), 0)
        #expect(bench.machine.partitions.map(\.head) == [label("a"), nil], "no image was scored yet")
        #expect(bench.takeShard(1) == ["submit 1 by head@a"])
        _ = bench.take(marker(announced("b", number: 5)), 2)
        #expect(bench.machine.partitions.map(\.head) == [label("b"), nil], "none was scored by it")
        #expect(bench.machine.partitions.map(\.position) == [3, 0])
    }

    @Test func aPartitionThatIsTakenOverBearsTheHeadThatWasCommitted() {
        var bench = WorkerBench()
        let heads = [
            HeadInForce(slot: .standard, head: digest("a"), label: label("a"), number: 1, marker: 4),
            HeadInForce(slot: .stream("s"), head: digest("b"), label: label("b"), number: 2, marker: 5),
        ]
        let text = PartitionProgress(images: 3, heads: heads).text
        bench.own([0], saved: [0: SavedPosition(offset: 9, metadata: text)])
        #expect(bench.machine.partitions.map(\.head) == [label("a")], "not that of one stream")
    }

    @Test func aHeartbeatNamesAsManyPartitionsAsARecordMayHold() {
        var bench = WorkerBench()
        bench.own(Array(0..<Int32(RecordBounds.partitions) + 10))
        #expect(bench.machine.partitions.count == RecordBounds.partitions)
    }
}
