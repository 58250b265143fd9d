package import ControlPlane
internal import Cutover
internal import FleetMachines
internal import PipelineMessages

/// How people see what records say.
package struct RecordView {
    /// Takes a heartbeat; returns what the fleet looks like then.
    let lines: (StatusTail.Event) -> [String]
    /// Makes a text fit for a terminal.
    let escape: (String) -> String

    /// A view.
    package init(lines: @escaping (StatusTail.Event) -> [String], escape: @escaping (String) -> String) {
        self.lines = lines
        self.escape = escape
    }
}

/// Everything that takes records which anyone may write: the decoders, and the machines that go by what they say.
///
/// Plays a list of records to a worker, a coordinator, a ledger and an audit whose surroundings answer at once and well.
/// Nothing may trap; what a machine writes in turn must be readable, and no record may end one.
package struct RecordStage {
    /// What went wrong; empty when all is well.
    package private(set) var problems: [String] = []

    typealias Worker = WorkerMachine<Int?, Int>

    /// Partitions of the shard topic.
    static let partitions: [Int32] = [0, 1, 2, 3]
    /// Most steps until all is at rest.
    private static let stepsMax = 20_000

    private let view: RecordView

    var control = ControlDecoder(shards: "t")
    var worker: Worker
    var coordinator = {
        var settings = CoordinatorSettings(name: "c", partitions: partitions)
        settings.topic = "t"
        return CoordinatorMachine(settings)
    }()
    /// What the coordinator is told again by the next term.
    var history: [CoordinatorEvent] = []
    /// Requests whose markers were written.
    var marked: Set<String> = []
    var log = ActivationLog()
    var audit = StampAudit(activations: ActivationLog())
    var ledger = ThroughputLedger()
    var watch: RequestWatch?
    var saved = SavedPosition(offset: 0, metadata: "")
    var nowMs: Int64 = 1_000
    var shardOffset: Int64 = 0
    /// The generation of lanes that reads the shards.
    var assigned = 0
    var controlOffset: Int64 = 0
    private var steps = 0

    /// A fleet at its start, and what people see of it.
    package init(exactlyOnce: Bool = false, view: RecordView) {
        var settings = WorkerSettings()
        settings.isExactlyOnce = exactlyOnce
        worker = Worker(settings)
        self.view = view
        tell(coordinator: .leads(true))
        tell(worker: .assigned(Self.partitions))
    }

    /// Plays an input to its end; returns what went wrong.
    package static func play(_ input: [UInt8], view: RecordView) -> [String] {
        let frames = RecordFrame.list(input)
        var stage = RecordStage(exactlyOnce: frames.count % 2 == 1, view: view)
        for frame in frames { stage.take(frame) }
        stage.end()
        return stage.problems
    }

    /// Reads what is left and lets some time pass.
    private mutating func end() {
        take(RecordFrame(.caughtUp))
        for _ in 0..<3 { take(RecordFrame(.tick, [21])) }
        take(RecordFrame(.change))
        take(RecordFrame(.caughtUp))
        take(RecordFrame(.tick, [21]))
        if readable(heartbeat) { show(.worker(heartbeat)) }
    }

    var moment: Moment { Moment(steadyMs: nowMs, wallMs: 1_700_000_000_000 + nowMs) }

    mutating func complain(_ text: String) { if problems.count < 10 { problems.append(text) } }

    /// Foreign text on its way to a terminal or a log.
    mutating func show(_ text: String) {
        let shown = view.escape(text)
        if shown.unicodeScalars.contains(where: Self.moves) {
            complain("shown as it is: \(shown.debugDescription)")
        }
    }

    mutating func show(_ heartbeat: StatusTail.Event) {
        for line in view.lines(heartbeat) {
            if line.contains(where: \.isNewline) { complain("two lines: \(line.debugDescription)") }
            show(line)
        }
    }

    private static func moves(_ scalar: Unicode.Scalar) -> Bool {
        let category = scalar.properties.generalCategory
        return (category == .control || category == .format) && scalar != "\n" && scalar != "\t"
    }

    /// Counts a step; returns whether another may be done.
    mutating func mayStep() -> Bool {
        steps += 1
        if steps == Self.stepsMax { complain("it does not come to rest") }
        return steps < Self.stepsMax
    }

    /// What is written must be readable, within the same bounds.
    mutating func readable<Record: BoundedRecord & Encodable & Equatable>(_ record: Record) -> Bool {
        do throws(RecordError) {
            if try JSONRecord.decode(Record.self, from: JSONRecord.encode(record)) == record { return true }
            complain("\(Record.self) is read back as another")
        } catch {
            complain("written and unreadable: \(error)")
        }
        return false
    }

    /// The worker's heartbeat.
    private var heartbeat: WorkerStatus {
        var status = WorkerStatus(
            worker: "w", incarnation: "i", host: "h", pid: 1, startedAtMs: 1,
            backbone: RecordSeeds.backbone, isa: "scalar", replicas: 1)
        status.state = .running
        status.atMs = moment.wallMs
        status.partitions = worker.partitions
        status.headsReady = worker.headsReady
        status.refusals = worker.refusals
        status.imagesCommitted = worker.imagesCommitted
        status.deadLetters = worker.deadLetters
        return status
    }
}
