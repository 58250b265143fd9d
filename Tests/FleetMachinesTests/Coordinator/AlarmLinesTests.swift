import Artifacts
import FleetMachines
import PipelineMessages
import Testing

/// A coordinator says its alarms: each when it appears, and once when it is over.
@Suite struct AlarmLinesTests {
    private var machine = CoordinatorMachine(CoordinatorSettings(name: "c", partitions: [0, 1]))
    private var nowMs: Int64 = 0
    private var asked = 0

    init() {
        for event in [CoordinatorEvent.leads(true), .controlCaughtUp, .statusCaughtUp] { _ = tell(event) }
    }

    /// What it says of alarms, and those of its heartbeat.
    private struct Told {
        let said: [String]
        let alarms: [String]
    }

    private mutating func tell(_ event: CoordinatorEvent, afterMs: Int64 = 0) -> Told {
        nowMs += afterMs
        let actions = machine.handle(event, at: Moment(steadyMs: nowMs, wallMs: nowMs))
        for case .askPositions(_, let serial, _) in actions { asked = serial }
        return Told(
            said: actions.compactMap {
                if case .say(let line) = $0, line.hasPrefix("alarm") { line } else { nil }
            },
            alarms: actions.flatMap { if case .beat(let status) = $0 { status.alarms } else { [String]() } })
    }

    /// A second passes in which nobody owns partition 0 and so many records wait in it.
    private mutating func second(waiting: Int64) -> Told {
        _ = tell(.tick, afterMs: 500)
        _ = tell(.positions([:], [0: PartitionExtent(begin: 0, end: waiting)], serial: asked))
        return tell(.tick, afterMs: 500)
    }

    @Test mutating func anAlarmWhoseNumbersGrowIsSaidOnceAndOnceWhenItIsOver() {
        var (said, beats): ([String], Int) = ([], 0)
        for count in 1...60 {
            let told = second(waiting: Int64(count))
            said += told.said
            beats += told.alarms.isEmpty ? 0 : 1
        }
        #expect(beats > 40, "every heartbeat names it")
        #expect(said.count == 1, "\(said)")
        #expect(said.first?.hasPrefix("alarm: partition 0: no worker is live, and ") == true)
        let first = said.first ?? ""
        said = []
        for _ in 0..<60 { said += second(waiting: 0).said }
        #expect(said == [first.replacing("alarm: ", with: "alarm over: ")])
    }

    @Test mutating func oneThatComesAndGoesIsOne() {
        var said: [String] = []
        for _ in 0..<20 { said += second(waiting: 5).said }
        // Shorter than it takes to be over.
        for _ in 0..<8 { said += second(waiting: 0).said }
        for _ in 0..<20 { said += second(waiting: 7).said }
        #expect(said.count == 1, "\(said)")
    }

    /// Heartbeats of names that change each second, as anyone may write them.
    @Test mutating func aFloodOfAlarmsIsAFewLinesAMinute() {
        var said: [String] = []
        for count in 0..<300 {
            for name in 0..<8 {
                // The older life beats after the newer one.
                for startedAtMs in [Int64(10), 0] {
                    var status = WorkerStatus(
                        worker: "evil-\(count)-\(name)", incarnation: "\(startedAtMs)", host: "h", pid: 1,
                        startedAtMs: startedAtMs, backbone: ContentDigest(of: [1]), isa: "scalar", replicas: 1
                    )
                    status.state = .running
                    said += tell(.worker(status)).said
                }
            }
            said += tell(.tick, afterMs: 1_000).said
        }
        #expect(said.contains { $0.hasPrefix("alarm: two workers are called evil-") }, "\(said.prefix(3))")
        #expect(said.count <= 6 * 20, "\(said.count) lines in five minutes")
    }
}
