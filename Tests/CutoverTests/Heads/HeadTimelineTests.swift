import Cutover
import PipelineMessages
import Testing
import TestSupport

@Suite struct HeadTimelineTests {
    private func timeline(_ log: ActivationLog = ActivationLog()) -> HeadTimeline {
        HeadTimeline(partition: 0, startOffset: 0, progress: PartitionProgress(), activations: log)
    }

    @Test func aMarkerGovernsWhatComesAfterIt() {
        var heads = timeline()
        #expect(heads.head(stream: "s") == nil)
        #expect(heads.apply(marker("a", 1), at: 5) == true)
        #expect(heads.head(stream: "s")?.head == digest("a"))
        #expect(heads.head(stream: "s")?.marker == 5)
        #expect(heads.apply(marker("b", 2), at: 9) == true)
        #expect(heads.head(stream: "s")?.label == headLabel("b"))
    }

    @Test func aRepeatedMarkerIsIgnored() {
        var heads = timeline()
        heads.apply(marker("a", 1), at: 5)
        #expect(heads.apply(marker("a", 1), at: 6) == false)
        #expect(heads.heads.map(\.marker) == [5])
    }

    @Test func aMarkerOfALowerNumberIsIgnored() {
        var heads = timeline()
        heads.apply(marker("b", 2), at: 5)
        #expect(heads.apply(marker("a", 1), at: 6) == false)
        #expect(heads.head(stream: "s")?.head == digest("b"))
    }

    @Test func rollingBackIsACutOverOfAHigherNumber() {
        var heads = timeline()
        heads.apply(marker("a", 1), at: 5)
        heads.apply(marker("b", 2), at: 6)
        #expect(heads.apply(marker("a", 3), at: 7) == true)
        #expect(heads.head(stream: "s")?.head == digest("a"))
        #expect(heads.head(stream: "s")?.number == 3)
    }

    @Test func aStreamsOwnSlotGoesBeforeTheDefault() {
        var heads = timeline()
        heads.apply(marker("a", 1), at: 1)
        heads.apply(marker("own", 2, .stream("s")), at: 2)
        #expect(heads.head(stream: "s")?.head == digest("own"))
        #expect(heads.head(stream: "other")?.head == digest("a"))
        // Numbers are compared within a slot only.
        heads.apply(marker("b", 3), at: 3)
        #expect(heads.head(stream: "s")?.head == digest("own"))
        #expect(heads.head(stream: "other")?.head == digest("b"))
        #expect(heads.heads.map(\.slot) == [.standard, .stream("s")])
    }

    @Test func shardsBeforeTheFirstDefaultMarkerUseItsHead() {
        var log = ActivationLog()
        log.apply(request("own", slot: .stream("s")).with(.committed, number: 0, offsets: [0: 2]), at: 1)
        var heads = timeline(log)
        #expect(heads.head(stream: "other") == nil, "a stream's slot is no first head for others")
        log.apply(request("a").with(.committed, number: 2, offsets: [0: 7, 1: 3]), at: 3)
        log.apply(request("b").with(.committed, number: 4, offsets: [0: 9]), at: 5)
        heads.learn(log)
        #expect(heads.head(stream: "other")?.head == digest("a"))
        #expect(heads.head(stream: "other")?.marker == 7)
        heads.apply(marker("own", 0, .stream("s")), at: 2)
        #expect(heads.head(stream: "s")?.head == digest("own"))
        #expect(heads.heads.map(\.label) == [headLabel("own")], "a first head is not in force")
    }

    @Test func aFirstHeadBelongsToItsPartition() {
        var log = ActivationLog()
        log.apply(request("a", partitions: [1]).with(.committed, number: 0, offsets: [1: 3]), at: 1)
        #expect(timeline(log).head(stream: "s") == nil)
    }

    @Test func theHigherNumberWinsBetweenCommitAndLog() {
        var log = ActivationLog()
        log.apply(request("b").with(.committed, number: 2, offsets: [0: 9]), at: 3)
        let old = HeadInForce(
            slot: .standard,
            head: digest("a"),
            label: headLabel("a"),
            number: 1,
            marker: 4
        )
        let heads = HeadTimeline(
            partition: 0,
            startOffset: 20,
            progress: PartitionProgress(images: 3, heads: [old]),
            activations: log
        )
        #expect(heads.head(stream: "s")?.head == digest("b"))
        let before = HeadTimeline(
            partition: 0,
            startOffset: 9,
            progress: PartitionProgress(images: 3, heads: [old]),
            activations: log
        )
        #expect(before.head(stream: "s")?.head == digest("a"), "a marker does not govern its own offset")
    }

    @Test func aRestartAnywhereAgreesWithAContinuousRun() {
        for seed in UInt64(0)..<60 {
            var random = SeededRandom(seed: seed)
            let history = PartitionHistory(&random)
            let whole = history.run(from: 0, PartitionProgress(), history.log)
            for start in 0...history.records.count {
                let progress = PartitionProgress(images: 0, heads: whole.headsBelow[start])
                let both = history.run(from: start, progress, history.log)
                let log = history.run(from: start, PartitionProgress(), history.log)
                let commit = history.run(from: start, progress, ActivationLog())
                for offset in start..<history.records.count {
                    let expected = whole.scored[offset]
                    #expect(both.scored[offset] == expected, "seed \(seed), \(start) to \(offset)")
                    #expect(log.scored[offset] == expected, "seed \(seed), \(start) to \(offset)")
                    // Alone it may not know the first head yet; then it waits, and never guesses.
                    if let head = commit.scored[offset] { #expect(head == expected, "seed \(seed)") }
                    if offset > history.firstDefaultMarker, expected != nil {
                        #expect(commit.scored[offset] != nil, "seed \(seed), \(start) to \(offset)")
                    }
                }
                #expect(both.headsBelow.last == whole.headsBelow.last, "seed \(seed)")
            }
        }
    }

    @Test func theLogsFunctionIsTheContinuousRun() {
        for seed in UInt64(100)..<130 {
            var random = SeededRandom(seed: seed)
            let history = PartitionHistory(&random)
            let whole = history.run(from: 0, PartitionProgress(), history.log)
            for (offset, record) in history.records.enumerated() {
                guard case .shard(let stream) = record else { continue }
                #expect(
                    history.log.head(partition: 0, offset: Int64(offset), stream: stream)
                        == whole.scored[offset],
                    "seed \(seed), offset \(offset)"
                )
            }
        }
    }
}

/// One partition with some cut-overs, repeated markers among them, and the log of a control topic.
private struct PartitionHistory {
    enum Record {
        case shard(String)
        case marker(CutoverMarker)
    }

    private(set) var records: [Record] = []
    private(set) var log = ActivationLog()
    private(set) var firstDefaultMarker = Int.max

    init(_ random: inout SeededRandom) {
        var done: [CutoverMarker] = []
        for number in 0..<Int64.random(in: 1...6, using: &random) {
            fill(&random, repeating: done)
            let slot: HeadSlot = random.oneIn(3) ? .stream("s") : .standard
            let record = request("h\(number)", slot: slot).with(
                .committed,
                number: number * 10,
                offsets: [0: Int64(records.count)]
            )
            if slot == .standard { firstDefaultMarker = min(firstDefaultMarker, records.count) }
            records.append(.marker(record.marker))
            done.append(record.marker)
            log.apply(record, at: number * 10 + 3)
        }
        fill(&random, repeating: done)
    }

    private mutating func fill(_ random: inout SeededRandom, repeating done: [CutoverMarker]) {
        for _ in 0..<Int.random(in: 0...5, using: &random) {
            if !done.isEmpty, random.oneIn(4) {
                records.append(.marker(random.pick(done)))
            } else {
                records.append(.shard(random.oneIn(2) ? "s" : "t"))
            }
        }
    }

    /// What each shard from `start` on is scored by, and what is in force below each offset.
    func run(
        from start: Int,
        _ progress: PartitionProgress,
        _ log: ActivationLog
    ) -> (scored: [Int: HeadInForce], headsBelow: [[HeadInForce]]) {
        var heads = HeadTimeline(
            partition: 0,
            startOffset: Int64(start),
            progress: progress,
            activations: log
        )
        var scored: [Int: HeadInForce] = [:]
        var below = [heads.heads]
        for offset in start..<records.count {
            switch records[offset] {
            case .shard(let stream): scored[offset] = heads.head(stream: stream)
            case .marker(let marker): heads.apply(marker, at: Int64(offset))
            }
            below.append(heads.heads)
        }
        return (scored, below)
    }
}

/// Heads of many streams: a text beside an offset holds 4,096 bytes, and beyond them no worker could commit.
@Suite struct ManySlotsTests {
    @Test func theSlotsThatFitStayInForceAndAllReadersAgree() {
        var log = ActivationLog()
        var timeline = HeadTimeline(
            partition: 0, startOffset: 0, progress: PartitionProgress(), activations: log)
        var adopted = 0
        for number in 0..<600 {
            let name = "r\(number)"
            let slot = HeadSlot.stream("camera \(number)")
            if timeline.apply(marker(name, Int64(number), slot), at: Int64(number)) { adopted += 1 }
            log.apply(
                request(name, slot: slot).with(
                    .committed, number: Int64(number), offsets: [0: Int64(number)]),
                at: Int64(number + 1_000))
            #expect(
                PartitionProgress(images: 1 << 49, heads: timeline.heads).text.utf8.count
                    <= PartitionProgress.textBytesMax)
        }
        #expect((10..<40).contains(adopted))
        // A slot that is in force takes its next head all the same.
        let isReplaced = timeline.apply(marker("again", 9_000, .stream("camera 0")), at: 9_000)
        #expect(isReplaced)
        #expect(
            log.inForce(partition: 0, below: 8_000).map(\.slot) == timeline.heads.map(\.slot))
    }
}
