internal import Artifacts
internal import Cutover
internal import FleetMachines
internal import PipelineMessages

/// A deployment in one loop: no threads, no clock, no network. Equal plans give equal runs.
final class World {
    let plan: SimulationPlan
    var random: SimulatedRandom
    var nowMs: Int64 = 1_000_000
    let broker: SimulatedBroker
    let backbone = ContentDigest(of: Array("backbone".utf8))
    var report = SimulationReport()
    /// Faults and the hostile writer have stopped.
    private(set) var isCalm = false
    private(set) var workers: [SimulatedWorker] = []
    private(set) var coordinators: [SimulatedCoordinator] = []
    private var agenda = Agenda()
    private var tokens: UInt64 = 0
    /// What was asked for, oldest first.
    var requests: [CutoverRecord] = []
    /// Whether somebody has written receipts that the ledger can not tell from honest ones.
    var hasForgedReceipts = false
    /// Rights are missing until then.
    var forbiddenUntilMs: Int64 = 0
    /// Nobody starts a worker before.
    var nightUntilMs: Int64 = 0
    /// Where the workers are in each partition.
    var truth: [Truth]
    /// Moves whose outcome somebody has looked at, and those that nobody cares about any more.
    var considered: Set<Int64> = []
    var goneHome: Set<Int64> = []
    /// Since when the shard topic is another one than the one that the control topic speaks of.
    var replacedAtMs: Int64?
    var isReplaced: Bool { replacedAtMs != nil }
    /// Whether a coordinator has said so: what waits at a worker is no alarm while the partition goes to another one.
    var isReplacementTold = false
    /// The last heartbeat of a coordinator since the calm.
    var lastStatus: CoordinatorStatus?

    init(_ plan: SimulationPlan) {
        self.plan = plan
        random = SimulatedRandom(seed: plan.seed)
        broker = SimulatedBroker(partitions: plan.partitions)
        truth = Array(repeating: Truth(), count: plan.partitions)
        workers = (0..<plan.workers).map { SimulatedWorker(name: "w\($0)", index: $0, world: self) }
        if plan.hasTwin { workers.append(SimulatedWorker(name: "w0", index: plan.workers, world: self)) }
        coordinators = (0..<plan.coordinators).map {
            SimulatedCoordinator(name: "c\($0)", index: $0, world: self)
        }
    }

    /// Partitions of the shard topic now.
    var partitions: Int { broker.shards.count }

    func after(_ delayMs: Int64, _ body: @escaping () -> Void) {
        agenda.add(atMs: nowMs + max(0, delayMs), body)
    }

    func every(_ range: ClosedRange<Int64>, _ body: @escaping () -> Void) {
        after(random.within(range)) { [self] in
            body()
            every(range, body)
        }
    }

    /// Whether a call fails, once in `count` before the calm.
    func fails(_ count: Int) -> Bool { random.oneIn(count) && !isCalm }

    /// How a call fails: for good while somebody has taken a right away.
    func failure(_ text: String) -> CallFailure {
        guard nowMs < forbiddenUntilMs, !isCalm else { return CallFailure(.retriable, text) }
        return CallFailure(.fatal, "not authorised")
    }

    /// A token as nobody can guess it.
    func token() -> String {
        tokens += 1
        return "token-\(tokens)-\(random.next())"
    }

    func refuses(_ head: ContentDigest, _ worker: SimulatedWorker) -> Bool {
        if fails(100) { worker.refusesUntilCalm.insert(head) }
        return !isCalm && worker.refusesUntilCalm.contains(head)
    }

    func complain(_ text: String) {
        trace(text)
        if report.complaints.count < 20 { report.complaints.append("\(nowMs - 1_000_000) ms: \(text)") }
    }

    func trace(_ text: @autoclosure () -> String) {
        let text = text()
        narrate(text)
        for byte in text.utf8 { mix(UInt64(byte)) }
        mix(UInt64(bitPattern: nowMs))
    }

    /// A line for readers of a trace, which is the same run without it.
    func narrate(_ text: @autoclosure () -> String) {
        guard plan.isTraced, report.lines.count < SimulationReport.linesMax else { return }
        report.lines.append("\(nowMs - 1_000_000) ms: \(text())")
    }

    private func mix(_ value: UInt64) { report.trace = (report.trace ^ value) &* 0x100_0000_01B3 }

    // MARK: Running

    /// Runs to the end: everything asked for is decided and every partition read, or a complaint.
    func run() -> SimulationReport {
        for worker in workers { worker.start() }
        for coordinator in coordinators { coordinator.start() }
        every(5...10) { [self] in serveGroup() }
        every(plan.produceMs) { [self] in produce() }
        every(10...30) { [self] in disturb() }
        every(10...30) { [self] in disturbPositions() }
        every(20...150) { [self] in repair() }
        every(5...25) { [self] in
            if requests.count < plan.cutovers, !isCalm, waiting < random.within(1...6) { ask() }
        }
        every(30...150) { [self] in elect() }
        if plan.partitionsAdded > 0 {
            // The last one comes when no push will be behind it.
            every(100...900) { [self] in
                let isLast = partitions == plan.partitions + plan.partitionsAdded - 1
                if isCalm ? isRestful : !isLast { addPartition() }
            }
        }
        if plan.isHostile { every(5...40) { [self] in if !isCalm { write() } } }
        elect()
        let stormUntil = nowMs + Int64(plan.cutovers) * 300
        advance { requests.count >= plan.cutovers && waiting <= 2 || nowMs >= stormUntil }
        calm()
        let limit = nowMs + 30_000
        var drainedAtMs: Int64?
        advance {
            drainedAtMs = isDrained ? drainedAtMs ?? nowMs : nil
            // A ledger that was started anew has to stay right.
            return nowMs >= limit || drainedAtMs.map { nowMs - $0 >= (report.resets > 0 ? 400 : 0) } ?? false
        }
        if report.complaints.isEmpty, !isDrained { complain("does not end: \(whatWaits)") }
        if report.complaints.isEmpty { finish() }
        if report.complaints.isEmpty, plan.isReplaced { replaceTopic() }
        report.simulatedMs = nowMs - 1_000_000
        agenda.clear()
        return report
    }

    /// Requests that are neither committed nor aborted.
    private var waiting: Int {
        requests.count { broker.states[$0.request] != .committed && broker.states[$0.request] != .aborted }
    }

    func advance(until isOver: () -> Bool) {
        var steps = 0
        while report.complaints.isEmpty {
            steps += 1
            if steps % 16 == 0, isOver() { return }
            guard let next = agenda.next() else { return complain("nothing happens any more") }
            nowMs = next.atMs
            next.body()
        }
    }

    /// From here on everybody is alive, nobody refuses, every call is answered; one head for all makes every shard readable.
    private func calm() {
        isCalm = true
        report.stormMs = nowMs - 1_000_000
        report.committedInStorm = requests.count { broker.states[$0.request] == .committed }
        for twin in workers where twin.isTwin && twin.isAlive { twin.kill() }
        for worker in workers where !worker.isTwin {
            // Who has refused a head would go on refusing it; who has not must find its way as it is.
            if worker.isAlive, !worker.refusesUntilCalm.isEmpty { worker.kill() }
            worker.refusesUntilCalm = []
            worker.thaw()
            if !worker.isAlive { worker.start() }
        }
        for coordinator in coordinators {
            coordinator.thaw()
            if !coordinator.isAlive { coordinator.start() }
        }
        // Two links stay away for good: another worker has to take the partitions.
        if plan.workers > 1 {
            let worker = random.pick(Array(workers.prefix(plan.workers)))
            worker.deafen(Int32(random.within(0...Int64(partitions - 1))), forMs: 1_000_000)
            worker.mute(Int32(random.within(0...Int64(partitions - 1))), forMs: 1_000_000)
        }
        ask(last: true)
        // Who was still draining is started again when it has ended.
        every(80...120) { [self] in
            for worker in workers where !worker.isAlive && !worker.isTwin { worker.start() }
        }
        // Who was refused, for want of room for one head more perhaps, asks again.
        every(900...1_100) { [self] in if lastWasAborted { ask(last: true) } }
        elect()
    }

    private func serveGroup() {
        for worker in workers { timeOut(worker.name) }
        guard let members = broker.group.tick(nowMs: nowMs) else { return }
        report.rebalances += 1
        var given: [[Int32]] = Array(repeating: [], count: members.count)
        // As evenly as the round robin of the clients: nobody has all while others have none.
        let first = Int(random.next() % UInt64(max(1, members.count)))
        for (place, partition) in (0..<Int32(partitions)).shuffled(using: &random).enumerated()
        where !members.isEmpty {
            given[(first + place) % members.count].append(partition)
        }
        for (place, entry) in members.enumerated() {
            let new = SimulatedMembership(member: entry.id, generation: broker.group.generation)
            broker.group.give(given[place], to: entry.id)
            let worker = workers[entry.member.worker]
            guard worker.life == entry.member.life else { continue }
            worker.after(random.within(1...15)) { worker.hears(given[place], new) }
        }
    }

    /// The broker gives up transactions that stay open.
    private func timeOut(_ name: String) {
        guard let transaction = broker.producers[name]?.transaction, transaction.state == .open,
            nowMs - transaction.begunAtMs > 1_500
        else { return }
        transaction.state = .aborted
        broker.producers[name]?.epoch += 1
    }
}

/// Runs plans.
package enum FleetSimulation {
    /// Runs one plan.
    package static func run(_ plan: SimulationPlan) -> SimulationReport { World(plan).run() }
}
