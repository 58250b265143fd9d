import FleetMachines
import PipelineMessages
import Testing

/// A cut-over to a head that nobody has, announced by somebody who may write the control topic: what the page on trust says of it.
@Suite struct ForgedAnnouncementTests {
    private static func announcement(of name: String, number: Int64, at offset: Int64) -> CutoverRecord {
        var record = announced(name, number: number)
        record.scanFrom = [PartitionOffset(partition: 0, offset: offset)]
        return record
    }

    /// The same, completed by the coordinator.
    private static func completed(_ record: CutoverRecord) -> CutoverRecord {
        var done = record
        done.state = .committed
        done.offsets = record.scanFrom
        return done
    }

    private static let forged = announcement(of: "forged", number: 4, at: 120)

    private static func move(_ from: Int64, _ to: Int64) -> PositionMove {
        PositionMove(
            topic: "t", partition: 0, from: from, to: to, images: 30, reason: "r", by: "b", atMs: 0)
    }

    /// A worker that has passed the forged marker at offset 120, committed it, and holds the next shard.
    private func waiting() -> WorkerBench {
        var bench = WorkerBench()
        bench.putInForce("a", partitions: [0])
        bench.tell(.cutover(Self.completed(announced("a")), offset: 3))
        let heads = [
            HeadInForce(slot: .standard, head: digest("a"), label: label("a"), number: 1, marker: 0)
        ]
        let text = PartitionProgress(images: 30, heads: heads).text
        bench.own([0], saved: [0: SavedPosition(offset: 120, metadata: text)])
        bench.tell(.cutover(Self.forged, offset: 5))
        bench.tell(.controlRead(below: 6))
        _ = bench.take(marker(Self.forged), 120)
        bench.tell(.commitEnded(nil, serial: 1))
        _ = bench.takeShard(121)
        return bench
    }

    /// What the worker has committed last.
    private func saved(_ bench: WorkerBench) throws -> SavedPosition {
        let commits = bench.done.flatMap { action -> [PartitionCommit] in
            if case .commit(let commits, _, _) = action { return commits }
            return []
        }
        let last = try #require(commits.last)
        return SavedPosition(offset: last.offset, metadata: last.progress.text)
    }

    /// Carries a move out whose record stands at `offset` of the control topic, and commits it.
    private func carryOut(_ to: Int64, at offset: Int64, serial: Int, _ bench: inout WorkerBench) throws {
        let saved = try saved(bench)
        let asked = bench.tell(.move(Self.move(saved.offset, to), offset: offset))
        #expect(asked.first?.hasPrefix("fetch [0]") == true, "\(asked)")
        bench.tell(.controlRead(below: offset + 1))
        let words = bench.tell(.positions([0: saved], generation: bench.generation), afterMs: 1_000)
        #expect(words.contains("say partition 0: moved from offset \(saved.offset) to \(to)"), "\(words)")
        bench.tell(.commitEnded(nil, serial: serial))
        let now = try self.saved(bench)
        #expect(now.offset == to)
    }

    private func expectWaiting(_ bench: WorkerBench) throws {
        let blocked = try #require(bench.machine.partitions.first?.blocked)
        #expect(blocked.hasPrefix("head@forged: ") && blocked.hasSuffix("has not arrived yet"), "\(blocked)")
        #expect(bench.tickets.isEmpty && bench.machine.deadLetters == 0)
    }

    @Test func whatLiesBehindItsMarkerWaitsForGood() throws {
        var bench = waiting()
        try expectWaiting(bench)
        // An hour, and the coordinator completes what was announced.
        for _ in 0..<1_440 {
            bench.tell(.tick, afterMs: 2_500)
            bench.tell(.leaders(.images, answered: [0], silent: [], of: 1))
        }
        bench.tell(.cutover(Self.completed(Self.forged), offset: 7))
        try expectWaiting(bench)
    }

    @Test func theHeadLetsItGoOnWhenItIsPublished() throws {
        var bench = waiting()
        bench.tell(.published(manifest("forged")))
        let words = bench.tell(.headReady(digest("forged"), bytes: 1))
        #expect(words.contains("submit 121 by head@forged"), "\(words)")
        #expect(bench.machine.partitions.first?.blocked == nil)
    }

    /// Alone a move does not help: the forged head is in force behind its marker.
    @Test func aMoveBehindTheMarkerOfAnotherHeadLetsItGoOn() throws {
        var bench = waiting()
        bench.tell(.cutover(Self.completed(Self.forged), offset: 7))
        try carryOut(130, at: 8, serial: 2, &bench)
        _ = bench.takeShard(130)
        try expectWaiting(bench)

        let good = Self.announcement(of: "good", number: 9, at: 140)
        bench.tell(.published(manifest("good")))
        bench.tell(.headReady(digest("good"), bytes: 1))
        bench.tell(.cutover(good, offset: 10))
        bench.tell(.cutover(Self.completed(good), offset: 11))
        try carryOut(141, at: 12, serial: 3, &bench)
        let words = bench.takeShard(141)
        #expect(words.contains("submit 141 by head@good"), "\(words)")
    }
}
