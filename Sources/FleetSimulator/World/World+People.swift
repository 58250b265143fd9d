internal import Artifacts
internal import FleetMachines
internal import PipelineMessages

/// What people and sensors do, and what goes wrong with processes.
extension World {
    static let streams = ["s0", "s1", "s2"]

    func produce() {
        guard !isCalm else { return }
        let backlog = broker.shards.indices.reduce(0) {
            Int64(broker.shards[$1].count) - truth[$1].committed + $0
        }
        guard backlog < plan.backlogMax else { return }
        let partition = Int(random.next() % UInt64(partitions))
        broker.shards[partition].append(
            .init(
                record: .shard(stream: random.pick(Self.streams)), images: Int(random.within(1...4)),
                isReadable: !random.oneIn(30)))
    }

    /// The shard topic gets one more partition, with a shard in it; the group's members hear of it.
    func addPartition() {
        guard partitions < plan.partitions + plan.partitionsAdded else { return }
        report.partitionsAdded += 1
        broker.addPartition()
        truth.append(Truth())
        broker.shards[partitions - 1].append(
            .init(record: .shard(stream: random.pick(Self.streams)), images: 1, isReadable: true))
        broker.group.shake(nowMs: nowMs)
        trace("there are \(partitions) partitions")
    }

    func label(_ name: String) -> HeadLabel {
        guard let label = HeadLabel(name: "head", version: name) else {
            preconditionFailure("names of simulated heads are legal")
        }
        return label
    }

    func ask(last: Bool = false) {
        let name = "r\(requests.count)"
        // Some requests go back to an older head.
        let older = last || requests.isEmpty || !random.oneIn(3) ? nil : random.pick(requests)
        let head = older?.head ?? ContentDigest(of: Array("\(plan.seed)-\(name)".utf8))
        var partitions: [Int32]?
        if !last, random.oneIn(3) {
            let some = (0..<Int32(self.partitions)).filter { _ in random.oneIn(2) }
            if !some.isEmpty { partitions = some }
        }
        let record = CutoverRecord(
            request: name, slot: last || !random.oneIn(3) ? .standard : .stream(random.pick(Self.streams)),
            head: head, label: older?.label ?? label(name), partitions: partitions,
            quorum: !last && random.oneIn(4) ? 1 : nil, deadlineMs: last ? 20_000 : random.within(50...800),
            requestedAtMs: nowMs)
        let manifest = HeadManifest(
            head: head, label: record.label, backbone: backbone, file: head, bytes: 1, chunks: 1, classes: 2,
            publishedAtMs: nowMs)
        // A manifest may come late.
        let isLate = !last && random.oneIn(6)
        if !isLate { broker.appendControl(.manifest(manifest)) }
        broker.appendControl(.cutover(record))
        if isLate { broker.appendControl(.manifest(manifest)) }
        requests.append(record)
    }

    /// Somebody leads; others may go on believing that they do.
    func elect() {
        let alive = coordinators.filter { $0.isAlive && !$0.isFrozen }
        guard !alive.isEmpty else { return }
        if alive.contains(where: { $0.believesToLead }), isCalm || !random.oneIn(6) { return }
        let leader = random.pick(alive)
        leader.lead(true)
        for other in coordinators where other !== leader && other.isAlive {
            other.after(random.within(0...(isCalm ? 10 : 700))) { [self] in
                if !leader.isAlive || leader.believesToLead {
                    other.lead(false)
                } else {
                    trace("nobody leads")
                }
            }
        }
    }

    // MARK: Faults

    func disturb() {
        guard !isCalm else { return }
        for worker in workers {
            if !worker.isAlive {
                // Who is remembered by name is mostly back before the group forgets it.
                if random.oneIn(plan.isStatic ? 2 : 8), nowMs >= nightUntilMs { worker.start() }
            } else if random.oneIn(60 * plan.faultRarity) {
                report.kills += 1
                worker.kill()
            } else if random.oneIn(60 * plan.faultRarity) {
                report.freezes += 1
                worker.freeze(forMs: random.within(20...(random.oneIn(3) ? 1_000 : 150)))
            } else if random.oneIn(60 * plan.faultRarity) {
                report.cuts += 1
                worker.cutOff(forMs: random.within(20...(random.oneIn(2) ? 3_000 : 200)))
            } else if random.oneIn(120 * plan.faultRarity) {
                worker.tell(random.oneIn(2) ? .drain : .stop)
            }
        }
        for coordinator in coordinators {
            let rarity = coordinator.isBetweenMarkers ? 6 : 50 * plan.faultRarity
            if !coordinator.isAlive {
                if random.oneIn(4) { coordinator.start() }
            } else if random.oneIn(rarity) {
                report.kills += 1
                coordinator.kill()
            } else if !coordinator.isFrozen, random.oneIn(rarity) {
                report.freezes += 1
                coordinator.freeze(forMs: random.within(20...(random.oneIn(4) ? 1_500 : 200)))
            }
        }
        if random.oneIn(30 * plan.faultRarity) { stick() }
        if random.oneIn(30 * plan.faultRarity) {
            report.deaf += 1
            random.pick(workers).deafen(
                Int32(random.within(0...Int64(partitions - 1))), forMs: random.within(100...4_000))
        }
        if random.oneIn(30 * plan.faultRarity) {
            report.mute += 1
            random.pick(workers).mute(
                Int32(random.within(0...Int64(partitions - 1))), forMs: random.within(100...4_000))
        }
        if random.oneIn(25 * plan.faultRarity) { broker.group.shake(nowMs: nowMs) }
        if random.oneIn(100 * plan.faultRarity) { forbiddenUntilMs = nowMs + random.within(20...200) }
        if random.oneIn(20) { broker.compactControl(keeping: Int(random.within(10...30))) }
        if random.oneIn(40) {
            let processes: [SimulatedProcess] = workers + coordinators
            random.pick(processes).clockErrorMs = random.within(-90_000...90_000)
        }
    }

    /// A node is cut off from its peers, but not from a client that reads from it.
    private func stick() {
        report.stuckReaders += 1
        let count = workers.count + 2 * coordinators.count
        let number = Int(random.next() % UInt64(count))
        if number < workers.count {
            workers[number].stickControl()
        } else {
            let number = number - workers.count
            coordinators[number / 2].stick(control: number % 2 == 0)
        }
    }
}
