import Artifacts
import PipelineMessages
import Testing
import FleetMachines
import TestSupport

@Suite struct LaneSequencerTests {
    private let lane = LaneID(partition: 3, generation: 1)

    private func ticket(_ ordinal: Int, heads: [HeadInForce] = []) -> Ticket {
        // Offsets have gaps: compaction and transactions leave some.
        Ticket(lane: lane, ordinal: ordinal, offset: Int64(ordinal) * 3 + 7, headsAfter: heads)
    }

    @Test func whatIsFinishedOutOfOrderLeavesInOrder() {
        var lane = LaneSequencer<String>(images: 100)
        lane.finish(ticket(2), images: 4, payload: "c")
        lane.finish(ticket(1), images: 0, payload: "marker")
        #expect(lane.release() == nil, "the first is missing")
        #expect(!lane.hasReleasable && !lane.isIdle)
        lane.finish(ticket(0), images: 5, payload: "a")
        #expect(lane.hasReleasable)
        var released: [(String, Int64)] = []
        while let next = lane.release() { released.append((next.payload, next.imagesBefore)) }
        #expect(released.map(\.0) == ["a", "marker", "c"])
        #expect(released.map(\.1) == [100, 105, 105])
    }

    @Test func theFrontierIsTheLongestDeliveredPrefix() throws {
        let heads = try ["a", "b", "c"].map { name in
            HeadInForce(
                slot: .standard,
                head: ContentDigest(of: Array(name.utf8)),
                label: try #require(HeadLabel(name: "h", version: name)),
                number: 1,
                marker: 2
            )
        }
        var lane = LaneSequencer<Int>(images: 10)
        for ordinal in 0..<3 {
            lane.finish(ticket(ordinal, heads: [heads[ordinal]]), images: 5, payload: ordinal)
            _ = lane.release()
        }
        #expect(lane.takeFrontier() == nil)
        lane.delivered(ordinal: 1)
        #expect(lane.takeFrontier() == nil, "the first is not delivered")
        lane.delivered(ordinal: 0)
        let frontier = lane.takeFrontier()
        #expect(frontier?.offset == 11, "one above the second record")
        #expect(frontier?.progress == PartitionProgress(images: 20, heads: [heads[1]]))
        #expect(frontier?.ordinals == 2)
        #expect(lane.takeFrontier() == nil, "it did not move")
        #expect(!lane.isIdle)
        lane.delivered(ordinal: 2)
        #expect(lane.takeFrontier()?.ordinals == 3)
        #expect(lane.isIdle)
    }

    @Test func theCountOfImagesStaysOneThatCanBeRead() throws {
        let most = RecordBounds.count.upperBound
        var lane = LaneSequencer<Int>(images: most - 3)
        for ordinal in 0..<2 {
            lane.finish(ticket(ordinal), images: 5, payload: ordinal)
            let next = lane.release()
            let released = try #require(next)
            #expect(released.imagesBefore == (ordinal == 0 ? most - 3 : most))
            lane.delivered(ordinal: ordinal)
            let frontier = lane.takeFrontier()
            let progress = try #require(frontier).progress
            #expect(progress.images == most)
            #expect(try PartitionProgress(text: progress.text) == progress)
        }
    }

    @Test func aNewLaneIsIdle() {
        var lane = LaneSequencer<Int>(images: 0)
        #expect(lane.isIdle && !lane.hasReleasable)
        #expect(lane.release() == nil)
        #expect(lane.takeFrontier() == nil)
    }

    @Test func everyOrderOfFinishingAndDeliveringGivesTheSameCounts() {
        for seed in UInt64(0)..<500 {
            var random = SeededRandom(seed: seed)
            var run = SequencerRun(seed: seed, start: Int64(random.next() % 1_000), &random)
            while !run.isDone { run.step(&random) }
            run.checkEnd()
        }
    }

    @Test func assignmentsAreToldApartByTheirGeneration() {
        #expect(LaneID(partition: 1, generation: 1) != LaneID(partition: 1, generation: 2))
        #expect(LaneID(partition: 1, generation: 1) == LaneID(partition: 1, generation: 1))
    }
}

/// One lane driven in a random order, beside a model that remembers everything.
private struct SequencerRun {
    private let seed: UInt64
    private let start: Int64
    private let images: [Int]
    private let offsets: [Int64]
    private var lane: LaneSequencer<Int>
    private var unfinished: [Int]
    private var undelivered: [Int] = []
    private var delivered: Set<Int> = []
    private var released = 0
    private var committed = 0

    init(seed: UInt64, start: Int64, _ random: inout SeededRandom) {
        self.seed = seed
        self.start = start
        let count = Int.random(in: 1...40, using: &random)
        images = (0..<count).map { _ in Int.random(in: 0...9, using: &random) }
        var offset: Int64 = 0
        offsets = (0..<count).map { _ in
            offset += Int64.random(in: 1...4, using: &random)
            return offset
        }
        unfinished = (0..<count).shuffled(using: &random)
        lane = LaneSequencer(images: start)
    }

    var isDone: Bool { committed == images.count }

    mutating func step(_ random: inout SeededRandom) {
        switch random.next() % 4 {
        case 0:
            guard let ordinal = unfinished.popLast() else { return }
            let ticket = Ticket(
                lane: LaneID(partition: 0, generation: 0),
                ordinal: ordinal,
                offset: offsets[ordinal],
                headsAfter: []
            )
            lane.finish(ticket, images: images[ordinal], payload: ordinal)
        case 1: release()
        case 2:
            guard !undelivered.isEmpty else { return }
            let ordinal = undelivered.remove(at: Int(random.next() % UInt64(undelivered.count)))
            lane.delivered(ordinal: ordinal)
            delivered.insert(ordinal)
        default: takeFrontier()
        }
    }

    private mutating func release() {
        let isFinished = released < images.count && !unfinished.contains(released)
        #expect(lane.hasReleasable == isFinished, "seed \(seed)")
        guard let next = lane.release() else {
            #expect(!isFinished, "seed \(seed)")
            return
        }
        #expect(next.payload == released && next.ticket.ordinal == released, "seed \(seed)")
        #expect(next.imagesBefore == total(released), "seed \(seed)")
        undelivered.append(released)
        released += 1
    }

    private mutating func takeFrontier() {
        var reach = committed
        while delivered.contains(reach) { reach += 1 }
        let frontier = lane.takeFrontier()
        guard reach > committed else {
            #expect(frontier == nil, "seed \(seed)")
            return
        }
        #expect(frontier?.offset == offsets[reach - 1] + 1, "seed \(seed)")
        #expect(frontier?.progress.images == total(reach), "seed \(seed)")
        #expect(frontier?.ordinals == reach, "seed \(seed)")
        committed = reach
    }

    func checkEnd() {
        #expect(lane.isIdle, "seed \(seed)")
        #expect(released == images.count, "seed \(seed)")
    }

    private func total(_ count: Int) -> Int64 { start + Int64(images.prefix(count).reduce(0, +)) }
}
