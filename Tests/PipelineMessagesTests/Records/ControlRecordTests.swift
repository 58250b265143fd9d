import Artifacts
import PipelineMessages
import Testing

@Suite struct ControlRecordTests {
    @Test func aCutoverRoundTripsInEveryState() throws {
        var record = CutoverRecord(
            request: "r1",
            slot: .stream("line 4/\"b\""),
            head: digest("h"),
            label: try label("defects@v7"),
            deadlineMs: 30_000,
            requestedAtMs: 5
        )
        #expect(record.state == .requested && record.updatedAtMs == 5 && record.number == nil)
        try roundTrip(record)
        record.partitions = [0, 3]
        record.quorum = 2
        record.ignore = ["w 1", "stuck"]
        record.number = 17
        record.state = .committing
        record.scanFrom = [PartitionOffset(partition: 0, offset: 9)]
        try roundTrip(record)
        record.state = .committed
        record.offsets = [PartitionOffset(partition: 0, offset: 11)]
        try roundTrip(record)
        record.state = .aborted
        record.reasons = ["w1: wrong backbone"]
        try roundTrip(record)
        let json = text(record)
        for name in ["requested_at_ms", "scan_from", "deadline_ms", "\"slot\":\"stream:line 4/"] {
            #expect(json.contains(name), "\(name)")
        }
    }

    /// A heartbeat of anybody's may name any reset.
    @Test func aResetIsTakenWhereTheHeartbeatNamesOneThatIsThere() {
        var status = CoordinatorStatus(coordinator: "c", atMs: 1)
        var taken: [Int64] = []
        for named in [nil, 3, 6, 7, 8, 9, RecordBounds.integerMax] {
            status.ledgerReset = named
            if let named, status.countsSinceReset(at: 7, among: [3, 7, 9]) { taken.append(named) }
        }
        #expect(taken == [7, 9])
    }

    @Test(arguments: [(Int64(4), false), (5, false), (6, true)]) func aNoteNamesOnlyWhatWasThereBefore(
        offset: Int64, isPossible: Bool
    ) throws {
        let head = HeadInForce(
            slot: .standard, head: digest("h"), label: try label("a@b"), number: 5, marker: 900)
        let notes = [PartitionProgress(moved: 5), PartitionProgress(heads: [head])].map {
            PositionCheckpoint(topic: "t", partition: 0, offset: 7, progress: $0, atMs: 1)
        }
        for note in notes { #expect(note.isPossible(at: offset) == isPossible) }
    }

    @Test func aDecisionToGiveUpKeepsTheRequestAndIsBounded() throws {
        var asked = CutoverRecord(
            request: "r1", slot: .standard, head: digest("h"), label: try label("a@b"), ignore: ["w"],
            deadlineMs: 1, requestedAtMs: 5)
        asked.number = 3
        let long = String(repeating: "x", count: 5_000)
        let given = asked.aborted([long] + (0..<80).map { "w\($0): no" }, atMs: 9)
        #expect(given.state == .aborted && given.updatedAtMs == 9 && given.requestedAtMs == 5)
        #expect(given.number == 3 && given.ignore == ["w"])
        #expect(given.reasons?.count == 65 && given.reasons?.last == "and 17 more")
        #expect(given.reasons?.first?.utf8.count == RecordBounds.reasonBytesMax)
        try roundTrip(given)
    }

    @Test func aMarkerRoundTrips() throws {
        for slot in [HeadSlot.standard, .stream("cam")] {
            try roundTrip(
                CutoverMarker(number: 4, request: "r", slot: slot, head: digest("h"), label: try label("a@b"))
            )
        }
        #expect(ShardTopicKind(rawValue: "marker") == .marker)
        #expect(ShardTopicKind(rawValue: "shard") == .shard)
        #expect(ShardTopicKind.header == "hsf-kind")
    }

    @Test func aManifestAndCommandsRoundTrip() throws {
        try roundTrip(
            HeadManifest(
                head: digest("h"),
                label: try label("a@b"),
                backbone: digest("b"),
                file: digest("f"),
                bytes: 9,
                chunks: 1,
                classes: 10,
                publishedAtMs: 3
            )
        )
        try roundTrip(FleetCommand(issuedAtMs: 1))
        try roundTrip(FleetCommand(workers: 3, drain: true, issuedAtMs: 1))
    }

    @Test func heartbeatsRoundTrip() throws {
        var worker = WorkerStatus(
            worker: "w1",
            incarnation: "i",
            host: "h",
            pid: 1,
            startedAtMs: 2,
            backbone: digest("b"),
            isa: "avx2",
            replicas: 2
        )
        try roundTrip(worker)
        worker.state = .draining
        worker.headsReady = [digest("h")]
        worker.refusals = [.init(head: digest("g"), reason: "no room")]
        worker.partitions = [
            .init(partition: 0, position: 4, head: try label("a@b"), blocked: nil),
            .init(partition: 1, position: 0, head: nil, blocked: "no head"),
        ]
        worker.imagesPerSecond = 1234.5
        worker.replicaUtilisation = 1
        worker.npuUtilisation = 0.125
        try roundTrip(worker)
        // Versions that did not say it left the field out.
        #expect(!text(worker).contains("preprocessing"))
        for stated in ["hsf-decode-1/x hsf-resize-1/y", ""] {
            worker.preprocessing = stated
            try roundTrip(worker)
            #expect(text(worker).contains(#""preprocessing":"\#(stated)""#))
        }
        var coordinator = CoordinatorStatus(coordinator: "c", atMs: 1)
        try roundTrip(coordinator)
        coordinator.ledger = [LedgerEntry(worker: "w1", images: 5, shards: 1)]
        coordinator.partitions = [LedgerPartition(partition: 2, nextOffset: 3, images: 5, receiptsOffset: 7)]
        coordinator.alarms = ["a"]
        coordinator.openCutovers = ["a@b requested"]
        try roundTrip(coordinator)
        try roundTrip(
            FleetStatus(fleet: "f", host: "h", pid: 1, target: 2, workers: ["a"], restarts: 3, atMs: 4)
        )
    }

    @Test func progressRoundTripsThroughItsText() throws {
        let progress = PartitionProgress(
            images: 1 << 40,
            heads: [try headInForce(.standard), try headInForce(.stream("a \"b\" \u{1F6F0}"), number: 5)]
        )
        #expect(try PartitionProgress(text: progress.text) == progress)
        #expect(try PartitionProgress(text: "") == PartitionProgress())
        // As confluent-kafka for Python writes it back.
        #expect(try PartitionProgress(text: progress.text + "\0") == progress)
        #expect(try PartitionProgress(text: "\0\0") == PartitionProgress())
        #expect(throws: RecordError.self) { try PartitionProgress(text: "\0" + progress.text) }
    }

    @Test func progressOfSixteenSlotsFitsBesideAnOffset() throws {
        let slots = [HeadSlot.standard] + (1..<16).map { .stream("plant-3/line-\($0)/camera-\($0)") }
        let heads = try slots.map { slot in
            HeadInForce(
                slot: slot,
                head: digest(slot.description),
                label: try label("surface-defects@v2024.11"),
                number: 1_234_567,
                marker: 123_456_789_012
            )
        }
        let progress = PartitionProgress(images: 1_234_567_890_123, heads: heads)
        #expect(progress.text.utf8.count < PartitionProgress.textBytesMax)
        #expect(PartitionProgress.textBytesMax == 4_096)
        #expect(try PartitionProgress(text: progress.text) == progress)
    }

    @Test(arguments: ["{", "null", "{}", "[]", "{\"heads\":[]}", "images=4", "{\"images\":1.5,\"heads\":[]}"])
    func progressThatSomebodyElseWroteIsRefused(text: String) {
        #expect(throws: RecordError.self) { try PartitionProgress(text: text) }
    }

    @Test func recordsAreRefusedForTheFirstFieldThatDoesNotFit() throws {
        let good = text(
            CutoverMarker(
                number: 4,
                request: "r",
                slot: .standard,
                head: digest("h"),
                label: try label("a@b")
            )
        )
        let bad = [
            (good.replacing("\"default\"", with: "\"elsewhere\""), "slot"),
            (good.replacing("a@b", with: "a b"), "label"),
            (good.replacing(digest("h").hex, with: "abc"), "head"),
            (good.replacing("\"number\":4,", with: ""), "number"),
        ]
        for (json, field) in bad {
            do throws(RecordError) {
                _ = try JSONRecord.decode(CutoverMarker.self, from: Array(json.utf8))
                Issue.record("accepted \(json)")
            } catch {
                #expect(error.record == "CutoverMarker")
                #expect(error.problem.contains(field), "\(error)")
            }
        }
    }

    @Test func aRecordAboveTheBoundIsNotParsed() {
        let spaces = [UInt8](repeating: UInt8(ascii: " "), count: JSONRecord.bytesMax)
        do throws(RecordError) {
            _ = try JSONRecord.decode(FleetCommand.self, from: Array("{\"issued_at_ms\":1}".utf8) + spaces)
            Issue.record("accepted")
        } catch {
            #expect(error.problem.contains("more than \(JSONRecord.bytesMax)"))
        }
    }

    @Test func equalRecordsGiveEqualBytesWithSortedKeys() throws {
        let json = text(FleetCommand(workers: 3, drain: true, issuedAtMs: 1))
        #expect(json == #"{"drain":true,"issued_at_ms":1,"workers":3}"#)
    }
}
