import Artifacts
import FleetMachines
import PipelineMessages
import Testing

/// A coordinator that finds partitions which were added while it runs, event by event.
@Suite struct AddedPartitionsTests {
    /// A leading coordinator of a topic of two partitions, with one worker that has head `a`, and a topic to read back from.
    private struct Bench {
        var machine = CoordinatorMachine(CoordinatorSettings(name: "c", partitions: [0, 1]))
        var nowMs: Int64 = 0
        var done: [CoordinatorAction] = []
        var control: [CutoverRecord]

        init(_ control: [CutoverRecord] = []) {
            self.control = control
            tell(.leads(true))
            begin()
        }

        mutating func tell(_ event: CoordinatorEvent, afterMs: Int64 = 0) {
            nowMs += afterMs
            done += machine.handle(event, at: Moment(steadyMs: nowMs, wallMs: nowMs))
        }

        /// What a term begins with.
        mutating func begin(frozen: Bool = false, has head: String = "a") {
            tell(.published(manifest("a")))
            for (offset, record) in control.enumerated() { tell(.cutover(record, offset: Int64(offset))) }
            tell(.controlCaughtUp)
            tell(.statusCaughtUp)
            var worker = WorkerStatus(
                worker: "w", incarnation: "1", host: "h", pid: 1, startedAtMs: 0, backbone: digest("b"),
                isa: "scalar", replicas: 1)
            worker.headsReady = [digest(head)]
            if frozen {
                worker.frozenHead = WorkerStatus.FrozenHead(
                    head: digest("f"), label: label("f"), cutoversIgnored: 0)
            }
            tell(.worker(worker))
        }

        /// Reads back what was written last.
        mutating func readBack() {
            guard case .write(let record, let errand)? = done.last(where: Self.isWrite) else { return }
            control.append(record)
            tell(.written(errand: errand))
            tell(.cutover(record, offset: Int64(control.count - 1)))
        }

        private static func isWrite(_ action: CoordinatorAction) -> Bool {
            if case .write = action { return true }
            return false
        }

        var writes: [CutoverRecord] {
            done.compactMap { if case .write(let record, _) = $0 { record } else { nil } }
        }
        var follows: [Int] { done.compactMap { if case .follow(let term) = $0 { term } else { nil } } }
        var counts: Int { done.count { $0 == .countPartitions } }
        var endsErrand: Int? {
            done.compactMap { if case .findEnds(let errand) = $0 { errand } else { nil } }.last
        }
        var searches: [CutoverRecord] {
            done.compactMap { if case .findMarkers(let record, _) = $0 { record } else { nil } }
        }
        var lines: [String] { done.compactMap { if case .say(let line) = $0 { line } else { nil } } }

        mutating func ends(_ count: Int32, errand: Int) {
            let ends = (0..<count).map { PartitionOffset(partition: $0, offset: 7) }
            tell(.ends(ends, token: "0123456789abcdef", errand: errand))
        }
    }

    /// A committed cut-over of all partitions that there were.
    private func inForce(_ partitions: [Int32], _ head: String = "a", number: Int64 = 0) -> [CutoverRecord] {
        var committing = announced(head, number: number, partitions: partitions)
        var asked = committing
        (asked.state, asked.number, asked.token, asked.scanFrom) = (.requested, nil, nil, nil)
        var committed = committing
        committed.state = .committed
        committed.offsets = partitions.map { PartitionOffset(partition: $0, offset: 3 + number) }
        committing.updatedAtMs = 1
        return [asked, committing, committed]
    }

    @Test func theyAreCountedAgainAndAgain() {
        var bench = Bench()
        #expect(bench.counts == 1)
        bench.tell(.tick, afterMs: 5_000)
        #expect(bench.counts == 1)
        bench.tell(.tick, afterMs: 5_000)
        #expect(bench.counts == 2)
    }

    @Test func anAddedOneGetsTheHeadInForce() throws {
        var bench = Bench(inForce([0, 1]))
        #expect(bench.writes.isEmpty)
        bench.tell(.partitions(3))
        #expect(bench.follows == [1, 2], "everything is read anew")
        bench.begin()
        bench.tell(.tick, afterMs: 1_000)
        let asked = try #require(bench.writes.last)
        #expect(asked.state == .requested && asked.partitions == [2] && asked.restates == 0)
        #expect(asked.head == digest("a"))
        bench.readBack()
        bench.ends(3, errand: try #require(bench.endsErrand))
        let announcement = try #require(bench.writes.last)
        #expect(announcement.state == .committing)
        #expect(announcement.scanFrom == [PartitionOffset(partition: 2, offset: 7)])
        #expect(announcement.token == "0123456789abcdef")
        bench.readBack()
        let searched = bench.done.compactMap { action -> Int? in
            if case .findMarkers(_, let errand) = action { return errand }
            return nil
        }
        let found = [PartitionOffset(partition: 2, offset: 9)]
        bench.tell(.markers(found, errand: try #require(searched.last)))
        let committed = try #require(bench.writes.last)
        #expect(committed.state == .committed && committed.offsets == found && committed.restates == 0)
        bench.readBack()
        let written = bench.writes.count
        for _ in 0..<30 { bench.tell(.tick, afterMs: 1_000) }
        #expect(bench.writes.count == written, "it is asked for once")
    }

    /// Canaries took its place in every partition, and the workers let go of it.
    @Test func aHeadThatIsInForceNowhereIsAskedForThoughNobodyHasIt() throws {
        let canary = inForce([0, 1], "b", number: 3).map { record in
            var record = record
            record.partitions = [0, 1]
            return record
        }
        for (isEverywhere, asked) in [(false, 1), (true, 0)] {
            var bench = Bench(inForce([0, 1]) + (isEverywhere ? [] : canary))
            bench.tell(.partitions(3))
            bench.begin(has: "b")
            bench.tell(.tick, afterMs: 1_000)
            #expect(bench.writes.count == asked, "in force elsewhere: \(isEverywhere)")
            #expect(bench.writes.allSatisfy { $0.head == digest("a") && $0.partitions == [2] })
        }
    }

    @Test func aPushCountsBeforeItIsAnnounced() throws {
        var asked = announced("a", number: 0)
        (asked.state, asked.number, asked.token, asked.scanFrom) = (.requested, nil, nil, nil)
        var bench = Bench([asked])
        bench.ends(4, errand: try #require(bench.endsErrand))
        #expect(bench.writes.isEmpty && bench.follows == [1, 2], "it is decided with all partitions")
        bench.begin()
        bench.ends(4, errand: try #require(bench.endsErrand))
        let announcement = try #require(bench.writes.last)
        #expect(announcement.state == .committing && announcement.scanFrom?.map(\.partition) == [0, 1, 2, 3])
    }

    @Test func fewerAreIgnoredAndSaidOnce() {
        var bench = Bench(inForce([0, 1]))
        bench.tell(.partitions(1))
        bench.tell(.partitions(1))
        #expect(bench.follows == [1])
        #expect(bench.lines.count { $0.hasPrefix("partitions: the broker knows 1 ") } == 1)
    }

    @Test func aBrokerThatKnowsFewerDelaysAPush() throws {
        var asked = announced("a", number: 0)
        (asked.state, asked.number, asked.token, asked.scanFrom) = (.requested, nil, nil, nil)
        var bench = Bench([asked])
        bench.ends(1, errand: try #require(bench.endsErrand))
        #expect(bench.writes.isEmpty)
        bench.tell(.tick, afterMs: 1_000)
        bench.ends(2, errand: try #require(bench.endsErrand))
        #expect(bench.writes.last?.scanFrom?.count == 2)
    }

    /// Another coordinator, which knew of more partitions, has announced it and died.
    @Test func anAnnouncedPartitionIsNotLeftOutBecauseItIsNews() throws {
        var bench = Bench([announced("a", number: 0, partitions: [0, 1, 2])])
        #expect(bench.searches.isEmpty, "first it is counted")
        bench.ends(3, errand: try #require(bench.endsErrand))
        #expect(bench.follows == [1, 2])
        bench.begin()
        #expect(bench.searches.map { $0.scanFrom?.count } == [3])
    }

    @Test func anAnnouncedPartitionThatNobodyKnowsIsLeftOutAfterAWhile() throws {
        var bench = Bench([announced("a", number: 0, partitions: [0, 1, 9])])
        bench.ends(2, errand: try #require(bench.endsErrand))
        bench.tell(.tick, afterMs: 1_000)
        bench.ends(2, errand: try #require(bench.endsErrand))
        #expect(bench.searches.isEmpty, "whoever was asked may be behind")
        bench.tell(.tick, afterMs: 4_000)
        bench.ends(2, errand: try #require(bench.endsErrand))
        #expect(bench.searches.map { $0.scanFrom?.map(\.partition) } == [[0, 1]])
    }

    @Test func nothingIsAskedForAFrozenFleet() {
        var bench = Bench(inForce([0, 1]))
        bench.tell(.partitions(3))
        bench.begin(frozen: true)
        for _ in 0..<30 { bench.tell(.tick, afterMs: 100) }
        #expect(bench.writes.isEmpty)
    }
}
