import Artifacts
import FleetMachines
import PipelineMessages
import Testing

/// What a coordinator says of the fleet, whatever it was told.
@Suite struct CoordinatorHeartbeatTests {
    @Test func aFloodOfRequestsLeavesItReadable() throws {
        var machine = CoordinatorMachine(CoordinatorSettings(name: "c", partitions: [0]))
        var now = Moment(steadyMs: 0, wallMs: 0)
        _ = machine.handle(.leads(true), at: now)
        let label = try #require(
            HeadLabel(name: String(repeating: "n", count: 64), version: String(repeating: "v", count: 64)))
        for index in 0..<3_000 {
            let record = CutoverRecord(
                request: "\(index)", slot: .standard, head: ContentDigest(of: [1]), label: label,
                deadlineMs: 30_000, requestedAtMs: 0)
            _ = machine.handle(.cutover(record, offset: Int64(index)), at: now)
        }
        _ = machine.handle(.controlCaughtUp, at: now)
        now = Moment(steadyMs: 2_000, wallMs: 2_000)
        let actions = machine.handle(.statusCaughtUp, at: now)
        let beats = actions.compactMap { if case .beat(let status) = $0 { status } else { nil } }
        let status = try #require(beats.first)
        #expect(status.openCutovers.count == 33 && status.openCutovers.last == "and 2968 more")
        let bytes = JSONRecord.encode(status)
        #expect(bytes.count < 10_000)
        #expect(try JSONRecord.decode(CoordinatorStatus.self, from: bytes) == status)
    }

    @Test func aForgedOneThatDoesNotAddUpLeavesItReadable() throws {
        var forged = CoordinatorStatus(coordinator: "evil", atMs: 0)
        var partition = LedgerPartition(partition: 0, nextOffset: 9, images: 1)
        partition.gaps = [LedgerGap(offset: 2, endOffset: 5, imagesBefore: 2, imagesAfter: 6)]
        forged.partitions = [partition]
        var machine = CoordinatorMachine(CoordinatorSettings(name: "c", partitions: [0]))
        let events: [CoordinatorEvent] = [
            .leads(true), .coordinator(forged), .controlCaughtUp, .statusCaughtUp,
        ]
        let actions = events.flatMap { machine.handle($0, at: Moment(steadyMs: 0, wallMs: 0)) }
        let beats = actions.compactMap { if case .beat(let status) = $0 { status } else { nil } }
        let status = try #require(beats.first)
        #expect(status.imagesCommitted == 0)
        #expect(try JSONRecord.decode(CoordinatorStatus.self, from: JSONRecord.encode(status)) == status)
    }

    /// The first heartbeat after a forged one was restored, of a topic with so many partitions.
    private func beat(
        after forged: CoordinatorStatus, partitions: Int32, saved: [Int32: SavedPosition] = [:]
    ) throws -> CoordinatorStatus {
        var machine = CoordinatorMachine(
            CoordinatorSettings(name: "c", partitions: (0..<partitions).map { $0 }))
        var nowMs: Int64 = 0
        var actions: [CoordinatorAction] = []
        func tell(_ event: CoordinatorEvent) {
            actions += machine.handle(event, at: Moment(steadyMs: nowMs, wallMs: nowMs))
        }
        let events: [CoordinatorEvent] = [
            .leads(true), .controlCaughtUp, .coordinator(forged), .statusCaughtUp,
        ]
        for event in events { tell(event) }
        let extents = (0..<partitions).map { ($0, PartitionExtent(begin: 1 << 40, end: 1 << 41)) }
        tell(.positions(saved, Dictionary(uniqueKeysWithValues: extents), serial: 1))
        nowMs = 1_000
        tell(.tick)
        let beats = actions.compactMap { if case .beat(let status) = $0 { status } else { nil } }
        return try #require(beats.last)
    }

    private func readBack(_ status: CoordinatorStatus) throws {
        let bytes = JSONRecord.encode(status)
        #expect(bytes.count <= 900_000)
        #expect(try JSONRecord.decode(CoordinatorStatus.self, from: bytes) == status)
    }

    @Test func inventedPartitionsLeaveItReadable() throws {
        var forged = CoordinatorStatus(coordinator: "evil", atMs: 0)
        forged.partitions = (0..<Int32(RecordBounds.entries)).map {
            LedgerPartition(partition: 1_000_000 + $0)
        }
        let status = try beat(after: forged, partitions: 3)
        try readBack(status)
        #expect(status.partitions.map(\.partition) == [0, 1, 2])
        #expect(status.alarms.contains { $0.hasPrefix("heartbeat: 4096 partitions that the shard topic") })
    }

    @Test func aFewUnknownPartitionsStayTheyMayHaveBeenAdded() throws {
        var last = CoordinatorStatus(coordinator: "c", atMs: 0)
        last.partitions = [LedgerPartition(partition: 3, nextOffset: 5, images: 7, receiptsOffset: 5)]
        let status = try beat(after: last, partitions: 3)
        #expect(status.partitions.map(\.partition) == [0, 1, 2, 3])
        #expect(!status.alarms.contains { $0.hasPrefix("heartbeat: ") })
    }

    @Test func aTopicOfTenThousandPartitionsLeavesItReadable() throws {
        let status = try beat(after: CoordinatorStatus(coordinator: "c", atMs: 0), partitions: 10_000)
        try readBack(status)
        #expect(status.partitions.map(\.partition) == (0..<Int32(RecordBounds.entries)).map { $0 })
        #expect(status.alarms.contains { $0.hasPrefix("heartbeat: 5904 of 10000 partitions have no room") })
    }

    @Test func theLargestNumbersAndNamesLeaveItReadable() throws {
        var forged = CoordinatorStatus(coordinator: "evil", atMs: 0)
        let most = RecordBounds.offset.upperBound
        forged.partitions = (0..<Int32(RecordBounds.entries)).map { number in
            var partition = LedgerPartition(
                partition: number, nextOffset: most, images: RecordBounds.count.upperBound,
                receiptsOffset: most)
            partition.outside = RecordBounds.count.upperBound
            return partition
        }
        forged.ledger = (0..<RecordBounds.entries).map { number in
            let name = String(repeating: "\u{1}", count: 200) + "\(number)"
            return LedgerEntry(worker: name, images: RecordBounds.count.upperBound, shards: 1)
        }
        forged.alarms = (0..<32).map { "ledger: \($0)" + String(repeating: "\u{1}", count: 4_000) }
        try readBack(try beat(after: forged, partitions: Int32(RecordBounds.entries)))
    }

    /// Whoever may commit for the workers' group may commit any number.
    @Test func anOffsetBeyondAllBoundsLeavesItReadable() throws {
        let saved = [
            Int32(0): SavedPosition(
                offset: .max, metadata: PartitionProgress(images: RecordBounds.count.upperBound).text)
        ]
        let status = try beat(
            after: CoordinatorStatus(coordinator: "c", atMs: 0), partitions: 1, saved: saved)
        try readBack(status)
    }

    @Test func aLimitThatIsChangedWhileAllRunsCounts() throws {
        var machine = CoordinatorMachine(CoordinatorSettings(name: "c", partitions: [0]))
        var nowMs: Int64 = 0
        func tell(_ event: CoordinatorEvent) -> [CoordinatorAction] {
            nowMs += 1_100
            return machine.handle(event, at: Moment(steadyMs: nowMs, wallMs: nowMs))
        }
        func isNarrow(_ actions: [CoordinatorAction]) -> Bool? {
            let beats = actions.compactMap { if case .beat(let status) = $0 { status } else { nil } }
            return beats.first?.alarms.contains { $0.contains("bytes beside an offset") }
        }
        _ = tell(.leads(true))
        let first = tell(.controlCaughtUp) + tell(.statusCaughtUp)
        #expect(isNarrow(first) == false)
        let narrow = tell(.offsetRoom(bytes: 512, isWhole: false))
        #expect(isNarrow(narrow) == true)
        #expect(
            narrow.contains(
                .say(
                    "offsets: the brokers keep 512 bytes beside one (offset.metadata.max.bytes), before 4096")
            ))
        // One that has not answered may keep as little as before.
        #expect(isNarrow(tell(.offsetRoom(bytes: 8_192, isWhole: false))) == true)
        #expect(isNarrow(tell(.offsetRoom(bytes: 8_192, isWhole: true))) == false)
    }

    @Test func itIsAskedForAtTheBeginningOfATermAndAgain() {
        var machine = CoordinatorMachine(CoordinatorSettings(name: "c", partitions: [0]))
        var asked: [Int64] = []
        for second in Int64(0)...700 {
            let event: CoordinatorEvent = second == 5 ? .leads(true) : second == 650 ? .leads(false) : .tick
            let now = Moment(steadyMs: second * 1_000, wallMs: 0)
            // Else a status topic of which nothing comes is read anew.
            if second == 7 { _ = machine.handle(.statusCaughtUp, at: now) }
            if machine.handle(event, at: now).contains(.askOffsetRoom) { asked.append(second) }
        }
        #expect(asked == [6, 306, 606])
    }

    @Test(arguments: [(512, true), (4_096, false), (65_536, false)])
    func aBrokerThatKeepsLittleBesideOffsetsIsAnAlarm(_ bytes: Int, _ isAlarm: Bool) throws {
        var settings = CoordinatorSettings(name: "c", partitions: [0])
        settings.offsetBytesMax = bytes
        var machine = CoordinatorMachine(settings)
        let events: [CoordinatorEvent] = [.leads(true), .controlCaughtUp, .statusCaughtUp]
        let actions = events.flatMap { machine.handle($0, at: Moment(steadyMs: 0, wallMs: 0)) }
        let beats = actions.compactMap { if case .beat(let status) = $0 { status } else { nil } }
        let alarms = try #require(beats.first).alarms
        #expect(alarms.contains { $0.contains("512 bytes beside an offset") } == isAlarm, "\(alarms)")
    }
}
