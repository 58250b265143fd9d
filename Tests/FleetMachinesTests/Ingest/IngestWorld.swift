import FleetMachines
import TestSupport

/// Streams, a client library of little room, partitions with workers and other senders, and what the ingest asks.
struct IngestWorld {
    struct Record {
        let bytes: Int
        let isOwn: Bool
    }

    struct Shard {
        let flight: UInt64
        let bytes: Int
        let images: Int
        var partition = 0
    }

    static let recordBytesMax = 1_000
    static let backlogBytesMax = 2_500

    var random: SeededRandom
    var machine: IngestMachine
    var nowMs: Int64 = 0
    var logs: [[Record]]
    var committed: [Int64]
    /// Whether anything but answers may go wrong.
    let isHostile: Bool
    /// Whether the broker says where every record is.
    let saysOffsets: Bool

    // Every shard is in one of these, or counted below.
    var waiting: [UInt64: Shard] = [:]
    var toProduce: [Shard] = []
    var inLibrary: [Shard] = []
    var toReport: [(shard: Shard, offset: Int64)] = []

    var offered = (shards: 0, images: 0)
    var confirmed = (shards: 0, images: 0)
    var givenUp = (shards: 0, images: 0)
    var lost = (shards: 0, images: 0)
    /// The flights of those that were given up or lost.
    var unsent: [UInt64] = []
    var questions: [IngestQuestion] = []
    /// What the broker said some time ago.
    var answered: IngestEvent?
    var firstFailure: String?
    var ending: IngestAction?
    var fault: String?

    init(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        isHostile = random.next() % 2 == 0
        saysOffsets = random.next() % 2 == 0
        var logs: [[Record]] = []
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            // Some hold a record of somebody else already.
            logs.append(random.next() % 2 == 0 ? [] : [Record(bytes: 700, isOwn: false)])
        }
        self.logs = logs
        self.random = random
        committed = logs.map { _ in 0 }
        var settings = IngestSettings(
            backlogBytesMax: Self.backlogBytesMax, recordBytesMax: Self.recordBytesMax)
        settings.partitionsMs = 500
        settings.additionMs = 1_000
        machine = IngestMachine(
            settings, partitions: logs.map { (0, Int64($0.count)) }, at: Moment(steadyMs: 0, wallMs: 0))
    }

    var hasEnded: Bool { ending != nil }

    mutating func step() {
        nowMs += Int64(random.next() % 60)
        switch random.next() % (isHostile ? 64 : 56) {
        case 0..<11: offer()
        case 11..<22: produce()
        case 22..<30: arrive()
        case 30..<37: report()
        case 37..<43: work()
        case 43..<52: answer()
        case 52: tell(.roomAgain)
        case 54 where logs.count < 5 && random.next() % 16 == 0: addPartition()
        case 53: write()
        case 60: lose()
        case 61: if random.next() % 20 == 0 { tell(.stop) }
        case 62: if random.next() % 20 == 0 { tell(.windDown) }
        default: tell(.tick)
        }
        check()
    }

    // MARK: What happens

    mutating func offer() {
        // As many streams as that.
        guard waiting.count + toProduce.count < 4 else { return }
        let shard = Shard(
            flight: UInt64(offered.shards + 1),
            bytes: Int.random(in: 1...Self.recordBytesMax, using: &random),
            images: Int(random.next() % 9))
        offered = (offered.shards + 1, offered.images + shard.images)
        waiting[shard.flight] = shard
        tell(
            .offered(
                flight: shard.flight, bytes: shard.bytes, images: shard.images, first: Int(random.next() % 7),
                from: IngestOrigin(stream: 0, name: "s", image: "\(shard.flight)")))
    }

    mutating func produce() {
        guard !toProduce.isEmpty else { return }
        let shard = toProduce.remove(at: Int(random.next() % UInt64(toProduce.count)))
        if isHostile, random.next() % 64 == 0 {
            lost = (lost.shards + 1, lost.images + shard.images)
            unsent.append(shard.flight)
            return fail(.refused(flight: shard.flight, "refused \(shard.flight)"), "refused \(shard.flight)")
        }
        guard inLibrary.count + toReport.count < 5 else {
            waiting[shard.flight] = shard
            return tell(.queueFull(flight: shard.flight))
        }
        inLibrary.append(shard)
    }

    mutating func arrive() {
        guard !inLibrary.isEmpty else { return }
        let shard = inLibrary.remove(at: Int(random.next() % UInt64(inLibrary.count)))
        toReport.append((shard, Int64(logs[shard.partition].count)))
        logs[shard.partition].append(Record(bytes: shard.bytes, isOwn: true))
    }

    mutating func report() {
        guard !toReport.isEmpty else { return }
        let (shard, offset) = toReport.remove(at: Int(random.next() % UInt64(toReport.count)))
        confirmed = (confirmed.shards + 1, confirmed.images + shard.images)
        tell(.delivered(flight: shard.flight, offset: saysOffsets || random.next() % 4 > 0 ? offset : nil))
    }

    mutating func lose() {
        guard !inLibrary.isEmpty, random.next() % 4 == 0 else { return }
        let shard = inLibrary.removeFirst()
        lost = (lost.shards + 1, lost.images + shard.images)
        unsent.append(shard.flight)
        fail(.deliveryFailed(flight: shard.flight, "lost \(shard.flight)"), "lost \(shard.flight)")
    }

    mutating func write() {
        logs[Int(random.next() % UInt64(logs.count))].append(
            Record(bytes: Int.random(in: 1...Self.recordBytesMax, using: &random), isOwn: false))
    }

    /// Some hold a marker by the time they are found.
    mutating func addPartition() {
        logs.append(random.next() % 2 == 0 ? [] : [Record(bytes: 300, isOwn: false)])
        committed.append(0)
    }

    mutating func work() {
        let partition = Int(random.next() % UInt64(logs.count))
        let end = Int64(logs[partition].count)
        committed[partition] = Int64.random(in: committed[partition]...end, using: &random)
    }

    mutating func answer() {
        if let event = answered {
            answered = nil
            return tell(event)
        }
        guard !questions.isEmpty else { return }
        let question = questions.removeFirst()
        if random.next() % 4 == 0 { return tell(.noAnswer(question)) }
        switch question {
        case .committed:
            let answers = committed.enumerated().map { (Int32($0.offset), $0.element) }
            answered = .committed(Dictionary(uniqueKeysWithValues: answers.filter { $0.1 > 0 }))
        case .end(let partition): answered = .end(Int64(logs[Int(partition)].count), partition: partition)
        case .partitionCount: answered = .partitionCount(logs.count)
        case .start(let partition):
            let (begin, end) = (committed[Int(partition)], Int64(logs[Int(partition)].count))
            answered = .start(committed: begin, end: end, partition: partition)
        }
    }

    mutating func fail(_ event: IngestEvent, _ text: String) {
        firstFailure = firstFailure ?? text
        tell(event)
    }

    // MARK: What the machine asks for

    mutating func tell(_ event: IngestEvent) {
        for action in machine.handle(event, at: Moment(steadyMs: nowMs, wallMs: 0)) {
            switch action {
            case .send(let flight, let partition):
                guard var shard = waiting.removeValue(forKey: flight) else {
                    fault = "\(flight) is sent and was not waiting"
                    continue
                }
                shard.partition = Int(partition)
                toProduce.append(shard)
            case .wait(let flight): if waiting[flight] == nil { fault = "\(flight) waits for nothing" }
            case .giveUp(let flight):
                guard let shard = waiting.removeValue(forKey: flight) else {
                    fault = "\(flight) is given up and was not waiting"
                    continue
                }
                givenUp = (givenUp.shards + 1, givenUp.images + shard.images)
                unsent.append(flight)
            case .ask(let question): questions.append(question)
            case .say: break
            case .done, .failed:
                if ending != nil { fault = "it ends twice" }
                ending = action
            }
        }
        // A minute without an answer may pass in these worlds, too.
        if firstFailure == nil, let failure = machine.failure, ending == nil { firstFailure = failure }
    }
}
