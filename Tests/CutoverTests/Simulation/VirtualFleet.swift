import Artifacts
import Cutover
import PipelineMessages
import TestSupport

/// A deployment in one loop: no threads, no clock, no network. Equal seeds give equal runs.
struct VirtualFleet {
    /// What one run is like.
    struct Plan {
        var seed: UInt64
        var cutovers = 20
        var partitions = 5
        var workers = 4
        var fault: VirtualWorker.Fault?
    }

    private let plan: Plan
    private var random: SeededRandom
    private var topics: VirtualTopics
    private var workers: [VirtualWorker]
    private var coordinators = [VirtualCoordinator(), VirtualCoordinator()]
    private var requested: [String] = []
    private var nowMs: Int64 = 0
    private let streams = ["s0", "s1", "s2"]
    /// How often something was broken, to show that it was.
    private(set) var crashesBetweenMarkers = 0
    private(set) var crashes = 0
    private(set) var zombies = 0

    init(_ plan: Plan) {
        self.plan = plan
        random = SeededRandom(seed: plan.seed)
        topics = VirtualTopics(partitions: plan.partitions)
        workers = (0..<plan.workers).map { VirtualWorker(name: "w\($0)", fault: plan.fault) }
    }

    /// Runs until every cut-over is decided and every partition is read; `nil` if that never happens.
    mutating func run() throws -> FinalAudit? {
        try rebalance()
        while requested.count < plan.cutovers {
            if random.oneIn(60) { ask() }
            try disturb()
            try tick(refusing: 15)
            if nowMs > 200_000 { return nil }
        }
        // Calm: everybody is alive, nobody refuses, and one head for all makes every shard readable.
        for index in workers.indices {
            workers[index].crash()
            workers[index].start(nowMs: nowMs)
        }
        for index in coordinators.indices where !coordinators[index].isAwake(nowMs: nowMs) {
            coordinators[index].start()
        }
        ask(last: true)
        try rebalance()
        let limit = nowMs + 50_000
        while nowMs < limit {
            try tick(refusing: 0, producing: false)
            if nowMs % 50 == 0, topics.isDrained, isDecided { return FinalAudit(topics) }
        }
        return FinalAudit(topics)
    }

    private var isDecided: Bool {
        var states: [String: CutoverRecord.State] = [:]
        for case .cutover(let record) in topics.control {
            if states[record.request] != .aborted, states[record.request] != .committed {
                states[record.request] = record.state
            }
        }
        return states.values.allSatisfy { $0 == .committed || $0 == .aborted }
    }

    // MARK: What people do

    private mutating func ask(last: Bool = false) {
        let name = "r\(requested.count)"
        // Half of the requests go back to an older head.
        let isOlder = !last && !requested.isEmpty && random.oneIn(2)
        let head = isOlder ? random.pick(requested) : name
        var partitions: [Int32]?
        if !last, random.oneIn(3) {
            partitions = (0..<Int32(plan.partitions)).filter { _ in random.oneIn(2) }
        }
        var record = CutoverRecord(
            request: name,
            slot: last || !random.oneIn(3) ? .standard : .stream(random.pick(streams)),
            head: digest(head),
            label: headLabel(head),
            partitions: partitions,
            quorum: !last && random.oneIn(4) ? 1 : nil,
            deadlineMs: last ? 10_000 : Int64.random(in: 20...400, using: &random),
            requestedAtMs: nowMs
        )
        record.updatedAtMs = nowMs
        // A manifest may come late, or never again for a head that is already there.
        let isLate = !last && random.oneIn(5)
        if isLate { topics.control.append(.cutover(record)) }
        topics.control.append(.manifest(manifest(head)))
        if !isLate { topics.control.append(.cutover(record)) }
        requested.append(name)
    }

    // MARK: What goes wrong

    private mutating func disturb() throws {
        if random.oneIn(150) {
            let index = Int.random(in: workers.indices, using: &random)
            crashes += 1
            workers[index].crash()
            try rebalance()
        }
        for index in workers.indices where !workers[index].isAlive && random.oneIn(60) {
            workers[index].start(nowMs: nowMs)
            try rebalance()
        }
        if random.oneIn(200) { try rebalance() }
        for index in coordinators.indices {
            let isDelicate = coordinators[index].isBetweenMarkers
            if coordinators[index].isAlive, random.oneIn(isDelicate ? 8 : 200) {
                crashes += 1
                if isDelicate { crashesBetweenMarkers += 1 }
                coordinators[index].crash()
            } else if coordinators[index].isAwake(nowMs: nowMs), random.oneIn(isDelicate ? 8 : 200) {
                zombies += 1
                coordinators[index].sleep(untilMs: nowMs + Int64.random(in: 50...900, using: &random))
            } else if !coordinators[index].isAlive, random.oneIn(40) {
                coordinators[index].start()
            }
        }
    }

    private mutating func rebalance() throws {
        var assigned: [[Int]] = Array(repeating: [], count: workers.count)
        let alive = workers.indices.filter { workers[$0].isAlive }
        if !alive.isEmpty {
            for partition in 0..<plan.partitions { assigned[random.pick(alive)].append(partition) }
        }
        for index in workers.indices {
            // Some publish what they had taken before they hear of it; committing is no longer theirs.
            for partition in workers[index].ownedPartitions {
                while random.oneIn(2) { workers[index].publish(partition, &topics, &random) }
                if random.oneIn(2) { workers[index].commit(partition, &topics) }
            }
        }
        for index in workers.indices { try workers[index].assign(assigned[index], topics, &random) }
    }

    // MARK: What goes right

    private mutating func tick(refusing: Int, producing: Bool = true) throws {
        nowMs += 1
        if producing, random.oneIn(2) {
            let partition = Int.random(in: 0..<plan.partitions, using: &random)
            topics.shards[partition].append(.shard(stream: random.pick(streams)))
        }
        for index in workers.indices where workers[index].isAlive {
            if random.oneIn(3) { workers[index].followControl(topics, refusing: refusing, &random) }
            for partition in workers[index].ownedPartitions {
                if random.oneIn(2) { workers[index].take(partition, topics) }
                if random.oneIn(2) { workers[index].publish(partition, &topics, &random) }
                if random.oneIn(6) { workers[index].commit(partition, &topics) }
            }
            guard random.oneIn(10) else { continue }
            let status = workers[index].status
            for listener in coordinators.indices where coordinators[listener].isAwake(nowMs: nowMs) {
                coordinators[listener].hear(status, nowMs: nowMs)
            }
        }
        // Both act whenever they are awake: safety does not rest on there being one leader.
        for index in coordinators.indices where coordinators[index].isAwake(nowMs: nowMs) {
            if random.oneIn(2) { coordinators[index].followControl(topics) }
            if random.oneIn(3) { coordinators[index].act(&topics, nowMs: nowMs) }
        }
    }
}
