import FleetMachines
import PipelineMessages
import Testing

/// Two coordinators may believe to lead; one cut-over is said to be in force once.
@Suite struct SaidOnceTests {
    private let now = Moment(steadyMs: 0, wallMs: 0)

    /// A leading coordinator that looks for the markers of an announced cut-over, and its errand.
    private func leader() throws -> (CoordinatorMachine, Int) {
        var machine = CoordinatorMachine(CoordinatorSettings(name: "c", partitions: [0]))
        var request = announced("a", number: 1)
        (request.state, request.number, request.token, request.scanFrom) = (.requested, nil, nil, nil)
        let events: [CoordinatorEvent] = [
            .leads(true), .published(manifest("a")), .cutover(request, offset: 1),
            .cutover(announced("a", number: 1), offset: 2), .controlCaughtUp, .statusCaughtUp,
        ]
        let actions = events.flatMap { machine.handle($0, at: now) }
        let errands = actions.compactMap { if case .findMarkers(_, let errand) = $0 { errand } else { nil } }
        return (machine, try #require(errands.last))
    }

    private func said(_ actions: [CoordinatorAction]) -> [String] {
        actions.compactMap {
            if case .say(let line) = $0, line.contains("committed in") { line } else { nil }
        }
    }

    @Test func whoeverWroteItSaysIt() throws {
        let (leading, errand) = try leader()
        let (believing, other) = try leader()
        var (first, second) = (leading, believing)
        let found = [PartitionOffset(partition: 0, offset: 7)]
        let written = first.handle(.markers(found, errand: errand), at: now).compactMap {
            if case .write(let record, let errand) = $0 { (record, errand) } else { nil }
        }
        let (record, write) = try #require(written.last)
        #expect(record.state == .committed)
        #expect(said(first.handle(.written(errand: write), at: now)).isEmpty)
        // Another that still believes to lead has written it a moment later.
        let late = Moment(steadyMs: 9, wallMs: 9)
        _ = second.handle(.markers(found, errand: other), at: late)
        #expect(said(second.handle(.cutover(record, offset: 3), at: late)).isEmpty)
        let back = said(first.handle(.cutover(record, offset: 3), at: now))
        #expect(back.count == 1 && back[0].contains("head@a committed in every partition"))
        #expect(said(first.handle(.cutover(record, offset: 3), at: now)).isEmpty)
    }
}
