import FleetMachines
import PipelineMessages
import Testing

/// What a worker says of shards and images that it can not use.
@Suite struct LossLinesTests {
    private func working() -> WorkerBench {
        var bench = WorkerBench()
        bench.putInForce("a", partitions: [0])
        bench.own([0])
        _ = bench.take(marker(announced("a")), 0)
        bench.tell(.commitEnded(nil, serial: 1))
        return bench
    }

    private func said(_ words: [String]) -> [String] { words.filter { $0.hasPrefix("say ") } }

    private func refuse(_ bench: inout WorkerBench, _ offset: Int64, afterMs: Int64 = 0) -> [String] {
        _ = bench.takeShard(offset)
        guard let ticket = bench.tickets.last else { return ["nothing was submitted"] }
        let dead = DeadShard(
            Int(offset), stream: "s", code: "truncated", reason: "\(offset) bytes are missing")
        return said(bench.tell(.unusable(ticket, dead), afterMs: afterMs))
    }

    @Test func theFirstDeadLetterIsSaidAndThenALineAMinute() {
        var bench = working()
        #expect(
            refuse(&bench, 1) == [
                "say dead letters: partition 0, offset 1: truncated, 1 bytes are missing"
            ])
        for offset in Int64(2)...6 { #expect(refuse(&bench, offset, afterMs: 1_000).isEmpty) }
        #expect(said(bench.tell(.tick, afterMs: 54_999)).isEmpty)
        #expect(
            said(bench.tell(.tick, afterMs: 1)) == [
                "say dead letters: 5 more in 60 s, 6 in all, the last: partition 0, offset 6: truncated, 6 bytes are "
                    + "missing"
            ])
        #expect(said(bench.tell(.tick, afterMs: 3_600_000)).isEmpty, "nothing new, nothing said")
        // After quiet times at once again.
        #expect(refuse(&bench, 7).count == 1)
        #expect(bench.machine.deadLetters == 7)
    }

    @Test func imagesThatCanNotBeReadAreSaidByThemselves() {
        var bench = working()
        _ = bench.takeShard(1)
        let ticket = bench.tickets[0]
        let first = said(bench.tell(.imagesNotRead(ticket, 3, "not a JPEG")))
        #expect(first == ["say images that could not be read: partition 0, offset 1: not a JPEG"])
        bench.tell(.scored(ticket, 0, images: 4))
        _ = bench.takeShard(2)
        let second = bench.tickets[1]
        #expect(said(bench.tell(.imagesNotRead(second, 2, "truncated"), afterMs: 10)).isEmpty)
        #expect(
            said(bench.tell(.tick, afterMs: 60_000)) == [
                "say images that could not be read: 2 more in 60 s, 5 in all, the last: partition 0, offset 2: "
                    + "truncated"
            ])
        // What belongs to partitions that were given back is another worker's to say.
        bench.tell(.revoked(lost: true))
        #expect(said(bench.tell(.imagesNotRead(second, 9, "no"), afterMs: 600_000)).isEmpty)
    }

    @Test func aLongReasonIsCut() throws {
        var bench = working()
        _ = bench.takeShard(1)
        let dead = DeadShard(1, stream: "s", code: "bad", reason: String(repeating: "x", count: 600_000))
        let line = try #require(said(bench.tell(.unusable(bench.tickets[0], dead))).first)
        #expect(line.utf8.count < 1_100 && line.hasSuffix("xxx..."))
    }
}
