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
