import Artifacts
import FleetMachines
import PipelineMessages
import Testing

/// Loaded heads have so many bytes together (`--head-bytes-max`).
@Suite struct HeadBytesTests {
    @Test func headsMakeRoomByTheirBytesAsManyAsItTakes() {
        var settings = WorkerSettings()
        settings.headBytesMax = 300
        var bench = WorkerBench(settings)
        bench.putInForce("a", partitions: [0])
        bench.own([0])
        _ = bench.take(marker(announced("a")), 0)
        for name in ["idle", "other"] {
            #expect(bench.tell(.headReady(digest(name), bytes: 100)).isEmpty, "300 bytes are not too many")
        }
        bench.tell(.published(manifest("new")))
        var request = announced("again", number: 9)
        (request.state, request.head, request.number) = (.requested, digest("new"), nil)
        #expect(bench.tell(.cutover(request, offset: 9)) == ["fetch head \(digest("new").short)"])
        let first = min(digest("idle"), digest("other"))
        #expect(bench.tell(.headReady(digest("new"), bytes: 100)) == ["unload \(first.short)"])
        #expect(bench.machine.headsReady.count == 3 && !bench.machine.hasReady(first))
        #expect(bench.machine.hasReady(digest("a")) && bench.machine.hasReady(digest("new")))
    }

    /// The control topic could not be read again: whoever waits for the head asks once more.
    @Test func aHeadThatCouldNotBeLoadedAgainIsAskedForLater() {
        var bench = WorkerBench()
        let head = announced("a")
        bench.tell(.published(manifest("a")))
        bench.tell(.cutover(head, offset: 2))
        bench.tell(.controlRead(below: 3))
        bench.own([0])
        bench.tell(.headNotFetched(head.head))
        #expect(!bench.take(marker(head), 0).contains { $0.hasPrefix("say") })
        let words = bench.takeShard(1)
        #expect(words == ["fetch head \(head.head.short)", "pause [0]"])
        bench.tell(.headNotFetched(head.head))
        #expect(bench.tell(.tick, afterMs: 4_999).isEmpty)
        #expect(bench.tell(.tick, afterMs: 1) == ["fetch head \(head.head.short)"])
        #expect(bench.tell(.headReady(head.head, bytes: 1)).contains("submit 1 by \(head.label)"))
    }

    /// Partitions that wait for a head take no room from those that do not.
    @Test func partitionsThatWaitLeaveTheOthersTheirRoom() {
        var settings = WorkerSettings()
        settings.heldMax = 4
        var bench = WorkerBench(settings)
        bench.putInForce("a", partitions: [0])
        bench.own((0..<10).map { $0 })
        for partition in 1..<Int32(10) { _ = bench.takeShard(0, partition: partition) }
        #expect(bench.machine.recordsHeld == 9)
        #expect(bench.machine.wantsPoll)
        bench.tell(.tick, afterMs: 2_500)
        _ = bench.take(marker(announced("a")), 0)
        #expect(bench.takeShard(1).contains { $0.hasPrefix("submit 1") })
    }

    @Test func aHeadForWhichThereAreTooFewBytesIsRefusedForAWhile() throws {
        var settings = WorkerSettings()
        settings.headBytesMax = 199
        var bench = WorkerBench(settings)
        bench.putInForce("a", partitions: [0])
        bench.own([0])
        _ = bench.take(marker(announced("a")), 0)
        bench.tell(.published(manifest("new")))
        var request = announced("again", number: 9)
        (request.state, request.head, request.number) = (.requested, digest("new"), nil)
        bench.tell(.cutover(request, offset: 9))
        // What scores images stays.
        #expect(
            bench.tell(.headReady(digest("new"), bytes: 100)) == ["unload \(digest("new").short)"])
        #expect(bench.machine.headsReady == [digest("a")])
        let refusal = try #require(bench.machine.refusals.first)
        #expect(refusal.head == digest("new") && refusal.reason.contains("take 200 bytes"))
        #expect(refusal.reason.contains("199 bytes may be loaded (--head-bytes-max)"))
        #expect(!bench.tell(.tick, afterMs: 4_999).contains("fetch head \(digest("new").short)"))
        #expect(bench.tell(.tick, afterMs: 1).contains("fetch head \(digest("new").short)"))
        #expect(bench.machine.refusals.isEmpty)
    }
}
