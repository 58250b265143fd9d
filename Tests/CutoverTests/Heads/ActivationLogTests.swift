import Cutover
import PipelineMessages
import Testing

@Suite struct ActivationLogTests {
    @Test func aRequestsNumberIsItsOffset() {
        var log = ActivationLog()
        #expect(log.apply(request("a"), at: 17) == true)
        #expect(log.open.map(\.number) == [17])
        #expect(log.cutovers["a"]?.state == .requested)
    }

    @Test func laterRecordsKeepTheNumber() {
        var log = ActivationLog()
        log.apply(request("a"), at: 17)
        // A number of tomorrow would get ahead of all later cut-overs.
        let counts = log.apply(request("a").with(.committing, number: 99, scanFrom: [0: 4]), at: 20)
        #expect(!counts)
        log.apply(request("a").with(.committing, number: 17, scanFrom: [0: 4]), at: 21)
        #expect(log.cutovers["a"]?.number == 17)
        log.apply(request("a").with(.committed, offsets: [0: 6]), at: 30)
        #expect(log.cutovers["a"]?.number == 17)
        #expect(log.cutovers["a"]?.scanFrom == [PartitionOffset(partition: 0, offset: 4)])
        #expect(log.head(partition: 0, offset: 7, stream: "s")?.number == 17)
    }

    /// What is in the log, what comes, and whether it counts.
    @Test(
        arguments: [
            (nil, .requested, true), (nil, .committing, true), (nil, .committed, true), (nil, .aborted, true),
            (.requested, .requested, false), (.requested, .committing, true), (.requested, .committed, false),
            (.requested, .aborted, true),
            (.committing, .requested, false), (.committing, .committing, false),
            (.committing, .committed, true),
            (.committing, .aborted, false),
            (.committed, .requested, false), (.committed, .committing, false),
            (.committed, .committed, false),
            (.committed, .aborted, false),
            (.aborted, .requested, false), (.aborted, .committing, false), (.aborted, .committed, false),
            (.aborted, .aborted, false),
        ] as [(CutoverRecord.State?, CutoverRecord.State, Bool)]
    )
    func aStateOnlyGoesForward(old: CutoverRecord.State?, new: CutoverRecord.State, counts: Bool) {
        var log = ActivationLog()
        if let old { log.apply(request("a").with(old, offsets: [0: 5]), at: 1) }
        let before = log
        #expect(log.apply(request("a").with(new, offsets: [0: 8]), at: 2) == counts)
        if !counts { #expect(log == before) }
        #expect(log.cutovers["a"]?.state == (counts ? new : old))
    }

    @Test func theFirstDecisionInTheTopicWins() {
        var log = ActivationLog()
        log.apply(request("a"), at: 1)
        log.apply(request("a").with(.aborted), at: 2)
        log.apply(request("a").with(.committing), at: 3)
        log.apply(request("a").with(.committed, offsets: [0: 5]), at: 4)
        #expect(log.committed.isEmpty && log.open.isEmpty)
        #expect(log.head(partition: 0, offset: 9, stream: "s") == nil)

        var other = ActivationLog()
        other.apply(request("a"), at: 1)
        other.apply(request("a").with(.committing), at: 2)
        other.apply(request("a").with(.aborted), at: 3)
        #expect(other.open.map(\.state) == [.committing])
        other.apply(request("a").with(.committed, offsets: [0: 5]), at: 4)
        other.apply(request("a").with(.committed, offsets: [0: 6]), at: 5)
        #expect(other.head(partition: 0, offset: 9, stream: "s")?.marker == 5)
    }

    @Test func compactionToTheLastRecordsLeavesTheSameFunction() {
        var whole = ActivationLog()
        var compacted = ActivationLog()
        var offset: Int64 = 0
        func write(_ record: CutoverRecord, survives: Bool) {
            whole.apply(record, at: offset)
            if survives { compacted.apply(record, at: offset) }
            offset += 1
        }
        for name in ["a", "b", "c"] {
            let number = offset
            write(request(name), survives: false)
            write(request(name).with(.committing, number: number, scanFrom: [0: offset]), survives: false)
            write(
                request(name).with(
                    .committed,
                    number: number,
                    offsets: [0: offset * 10],
                    scanFrom: [0: offset]
                ),
                survives: true
            )
        }
        for shard in stride(from: Int64(0), to: 100, by: 1) {
            #expect(
                whole.head(partition: 0, offset: shard, stream: "s")
                    == compacted.head(partition: 0, offset: shard, stream: "s")
            )
        }
        #expect(whole.committed.map(\.number) == compacted.committed.map(\.number))
    }

    @Test func openCutOversStandInTheOrderOfTheirNumbers() {
        var log = ActivationLog()
        for (offset, name) in ["c", "a", "b"].enumerated() { log.apply(request(name), at: Int64(offset)) }
        log.apply(request("a").with(.aborted), at: 9)
        #expect(log.open.map(\.request) == ["c", "b"])
    }

    @Test func theCurrentHeadOfASlotIsItsLastCommitted() {
        var log = ActivationLog()
        log.apply(request("a").with(.committed, number: 1, offsets: [0: 1]), at: 1)
        log.apply(request("b").with(.committed, number: 2, offsets: [0: 2]), at: 2)
        log.apply(request("own", slot: .stream("s")).with(.committed, number: 3, offsets: [0: 3]), at: 3)
        log.apply(request("c"), at: 4)
        #expect(log.current(.standard)?.request == "b")
        #expect(log.current(.stream("s"))?.request == "own")
        #expect(log.current(.stream("t")) == nil)
    }

    @Test func headsInForceAreOnePerSlotBelowTheOffset() {
        var log = ActivationLog()
        log.apply(request("b").with(.committed, number: 2, offsets: [0: 20]), at: 11)
        log.apply(request("a").with(.committed, number: 1, offsets: [0: 10]), at: 12)
        log.apply(request("own", slot: .stream("s")).with(.committed, number: 3, offsets: [0: 15]), at: 13)
        #expect(log.inForce(partition: 0, below: 10).isEmpty)
        #expect(log.inForce(partition: 0, below: 11).map(\.label) == [headLabel("a")])
        #expect(log.inForce(partition: 0, below: 20).map(\.label) == [headLabel("a"), headLabel("own")])
        #expect(log.inForce(partition: 0, below: 21).map(\.label) == [headLabel("b"), headLabel("own")])
        #expect(log.firstHead(partition: 0)?.label == headLabel("a"))
        #expect(log.firstHead(partition: 1) == nil)
    }

    /// Two coordinators that both believed to lead have announced two cut-overs at once; the later marker is committed first.
    @Test func theFirstHeadWaitsForAnnouncementsThatMayHaveAMarkerBelow() {
        var log = ActivationLog()
        log.apply(request("b").with(.committing, number: 5, scanFrom: [0: 10, 1: 10]), at: 20)
        log.apply(request("own", slot: .stream("s")).with(.committing, number: 7, scanFrom: [0: 0]), at: 21)
        log.apply(request("a").with(.committing, number: 4, scanFrom: [0: 10, 1: 8, 2: 0]), at: 22)
        log.apply(request("a").with(.committed, number: 4, offsets: [0: 11, 1: 9, 2: 3]), at: 23)
        #expect(log.firstHead(partition: 0) == nil, "b may have been put at offset 10")
        #expect(log.firstHead(partition: 1)?.label == headLabel("a"), "no marker of b lies below 10")
        #expect(log.firstHead(partition: 2)?.label == headLabel("a"), "b was not announced here")
        #expect(log.head(partition: 0, offset: 0, stream: "s") == nil)
        log.apply(request("b").with(.committed, number: 5, offsets: [0: 10, 1: 12]), at: 24)
        #expect(log.firstHead(partition: 0)?.label == headLabel("b"))
        #expect(log.firstHead(partition: 1)?.label == headLabel("a"))
        // What is announced by one who looked for the ends long before: its marker is not written yet.
        log.apply(request("c").with(.committing, number: 6, scanFrom: [0: 0, 1: 0, 2: 0]), at: 25)
        #expect((0..<3).map { log.firstHead(partition: $0)?.label } == ["b", "a", "a"].map(headLabel))
    }

    @Test func abortedHeadsAreNotNeeded() {
        var log = ActivationLog()
        log.apply(request("a").with(.committed, offsets: [0: 1]), at: 1)
        log.apply(request("b"), at: 2)
        log.apply(request("c").with(.aborted), at: 3)
        #expect(log.neededHeads == [digest("a"), digest("b")])
    }

    // MARK: Markers

    private func announced(_ name: String, token: String?) -> CutoverRecord {
        var record = request(name).with(.committing, number: 3, scanFrom: [0: 0, 1: 0])
        record.token = token
        return record
    }

    /// A marker stands for its cut-over only with all that the announcement says, its token and its partition.
    @Test func onlyTheAnnouncedMarkerCounts() throws {
        var log = ActivationLog()
        let record = announced("a", token: "0123456789abcdef")
        let marker = try #require(CutoverMarker(of: record))
        #expect(log.judge(marker, partition: 0) == .unannounced)
        log.apply(request("a"), at: 3)
        #expect(log.judge(marker, partition: 0) == .unannounced)
        log.apply(record, at: 5)
        #expect(log.judge(marker, partition: 0) == .announced)
        var others = [announced("a", token: nil), announced("a", token: "fedcba9876543210")]
        others += [record, record, record]
        others[2].number = 2
        others[3].head = digest("other")
        others[4].slot = .stream("s")
        for other in others {
            let forged = try #require(CutoverMarker(of: other))
            guard case .refuted = log.judge(forged, partition: 0) else {
                Issue.record("\(forged) counts")
                continue
            }
        }
        guard case .refuted = log.judge(marker, partition: 2) else {
            Issue.record("it counts where it was not announced")
            return
        }
        log.apply(record.with(.committed, offsets: [0: 7, 1: 9]), at: 8)
        #expect(log.judge(marker, partition: 1) == .announced)
    }

    @Test func ofTwoAnnouncementsTheFirstCounts() throws {
        var log = ActivationLog()
        log.apply(request("a"), at: 3)
        log.apply(announced("a", token: "0123456789abcdef"), at: 5)
        var late = announced("a", token: "fedcba9876543210")
        log.apply(late, at: 6)
        late.state = .committed
        log.apply(late, at: 7)
        #expect(log.cutovers["a"]?.token == "0123456789abcdef")
    }

    @Test func aMarkerOfAnAbortedCutoverNeverCounts() throws {
        var log = ActivationLog()
        log.apply(request("a").with(.aborted, number: 3), at: 4)
        log.apply(announced("a", token: nil), at: 5)
        let marker = try #require(CutoverMarker(of: announced("a", token: nil)))
        #expect(log.judge(marker, partition: 0) == .refuted("cut-over a was aborted"))
    }
}
