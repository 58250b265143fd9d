import Artifacts
import FleetMachines
import PipelineMessages
import Testing

/// A coordinator whose request is given up by a person while it decides, event by event.
@Suite struct GivenUpRequestTests {
    private let head = ContentDigest(of: [1])

    private func asked(_ name: String) throws -> CutoverRecord {
        CutoverRecord(
            request: name, slot: .standard, head: head, label: try #require(HeadLabel("head@v1")),
            deadlineMs: 30_000, requestedAtMs: 0)
    }

    /// A leading coordinator that has read `records` and knows one worker that has the head.
    private func leader(_ records: CutoverRecord...) throws -> (CoordinatorMachine, [CoordinatorAction]) {
        var machine = CoordinatorMachine(CoordinatorSettings(name: "c", partitions: [0, 1]))
        var events: [CoordinatorEvent] = [
            .leads(true),
            .published(
                HeadManifest(
                    head: head, label: try #require(HeadLabel("head@v1")), backbone: head, file: head,
                    bytes: 1,
                    chunks: 1, classes: 2, publishedAtMs: 0)),
        ]
        events += records.enumerated().map { .cutover($1, offset: Int64($0)) }
        var worker = WorkerStatus(
            worker: "w", incarnation: "1", host: "h", pid: 1, startedAtMs: 0, backbone: head, isa: "scalar",
            replicas: 1)
        worker.headsReady = [head]
        events += [.controlCaughtUp, .statusCaughtUp, .worker(worker)]
        let actions = events.flatMap { machine.handle($0, at: Moment(steadyMs: 0, wallMs: 0)) }
        return (machine, actions)
    }

    private func writes(_ actions: [CoordinatorAction]) -> [CutoverRecord] {
        actions.compactMap { if case .write(let record, _) = $0 { record } else { nil } }
    }

    private func errands(_ actions: [CoordinatorAction]) -> [Int] {
        actions.compactMap { if case .findEnds(let errand) = $0 { errand } else { nil } }
    }

    private func markers(_ actions: [CoordinatorAction]) -> Int {
        actions.count { action in
            switch action {
            case .findMarkers, .writeMarkers: true
            default: false
            }
        }
    }

    @Test func anAbortThatIsReadFirstSwitchesNothing() throws {
        var (machine, actions) = try leader(try asked("a"))
        let errand = try #require(errands(actions).first)
        let now = Moment(steadyMs: 10, wallMs: 10)
        let given = try asked("a").aborted(["abandoned by a person"], atMs: 5)
        actions = machine.handle(.cutover(given, offset: 1), at: now)
        // It was on its way: what it writes comes second, and counts for nobody.
        let ends = [0, 1].map { PartitionOffset(partition: $0, offset: 0) }
        actions += machine.handle(.ends(ends, token: "0123456789abcdef", errand: errand), at: now)
        let late = try #require(writes(actions).first)
        #expect(late.state == .committing && writes(actions).count == 1)
        actions += machine.handle(.written(errand: errand + 1), at: now)
        actions += machine.handle(.cutover(late, offset: 2), at: now)
        #expect(markers(actions) == 0)
        // The next request is served, after whatever time.
        let later = Moment(steadyMs: 11, wallMs: 11)
        let next = machine.handle(.cutover(try asked("b"), offset: 3), at: later)
        #expect(errands(next).count == 1 && markers(next) == 0)
    }

    @Test func anAbortThatIsReadSecondChangesNothing() throws {
        var committing = try asked("a")
        committing.state = .committing
        (committing.number, committing.token) = (0, "0123456789abcdef")
        committing.scanFrom = [0, 1].map { PartitionOffset(partition: $0, offset: 0) }
        let given = try asked("a").aborted(["abandoned by a person"], atMs: 5)
        let (_, actions) = try leader(try asked("a"), committing, given)
        #expect(markers(actions) == 1 && writes(actions).isEmpty)
    }
}
