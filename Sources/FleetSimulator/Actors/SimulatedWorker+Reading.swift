internal import FleetMachines
internal import PipelineMessages

/// The reading hand, and the client library's side of the group.
extension SimulatedWorker {
    func subscribe() {
        hasSubscribed = true
        join()
    }

    func join() {
        after(world.random.within(1...15)) { [self] in
            guard !isAway else { return }
            guard !isCutOff else { return join() }
            guard !takeNameOver() else { return }
            memberID = broker.group.join(memberID, worker: self, nowMs: world.nowMs)
        }
    }

    /// Goes on under a name that the group remembers; returns whether it does.
    private func takeNameOver() -> Bool {
        guard world.plan.isStatic, memberID == nil,
            let known = broker.group.takeOver(self, nowMs: world.nowMs)
        else { return false }
        world.report.namesTaken += 1
        memberID = known.member
        guard let partitions = known.partitions else { return true }
        let new = SimulatedMembership(member: known.member, generation: broker.group.generation)
        after(world.random.within(1...15)) { [self] in hears(partitions, new) }
        return true
    }

    /// A member whose name is remembered leaves by its silence alone.
    func leave() {
        if let memberID, !world.plan.isStatic { broker.group.leave(memberID, nowMs: world.nowMs) }
        memberID = nil
    }

    /// The background heartbeat of the client library: no turn of the machine.
    func heartbeatToGroup() {
        guard hasSubscribed, !isCutOff else { return noticeLoss() }
        guard let memberID, !world.fails(30) else { return }
        heardMs = world.nowMs
        switch broker.group.beat(memberID, nowMs: world.nowMs) {
        case .fine: break
        case .rebalancing:
            // Asked to join anew, which needs the machine's answer if it owns something.
            guard membership != nil, !isGivingBack else { return }
            isGivingBack = true
            groupNews.append(.revoked(lost: false))
        case .unknown:
            self.memberID = nil
            let owned = membership != nil
            membership = nil
            guard owned, !isGivingBack else { return owned || isAway ? () : join() }
            isGivingBack = true
            groupNews.append(.revoked(lost: true))
        }
    }

    /// Who hears nothing of the group for a session takes its partitions for lost, as the client library does.
    private func noticeLoss() {
        guard memberID != nil, membership != nil, !isGivingBack,
            world.nowMs - heardMs > SimulatedGroup.sessionMs
        else { return }
        membership = nil
        isGivingBack = true
        groupNews.append(.revoked(lost: true))
    }

    /// The group has a new generation.
    func hears(_ partitions: [Int32], _ new: SimulatedMembership) {
        guard !isCutOff else { return after(cutLeftMs) { [self] in hears(partitions, new) } }
        guard memberID == new.member, !isGivingBack else { return }
        // An answer that was overtaken is none to the client's newest question.
        guard new.generation > latest?.generation ?? -1 || new.member != latest?.member else { return }
        membership = new
        latest = new
        groupNews.append(.assigned(partitions))
    }

    /// One thing at a time; returns whether there was one.
    func readerTurn() -> Bool {
        guard !isReaderBusy else { return false }
        if let first = reading.first {
            // Whoever polls may not have seen yet that partitions are assigned anew, and the client library has fetched ahead.
            if case .assign = first, machine.wantsPoll, world.fails(3) { _ = fetchRecord() }
            perform(reading.removeFirst())
            return true
        }
        guard machine.wantsPoll else { return false }
        guard groupNews.isEmpty else {
            switch groupNews.removeFirst() {
            case .assigned(let partitions): tell(.assigned(partitions))
            case .revoked(let lost): tell(.revoked(lost: lost))
            }
            return true
        }
        guard fetchRecord() else { return false }
        for _ in 0..<world.random.within(0...3) where reading.isEmpty && resting.isEmpty && machine.wantsPoll
        {
            _ = fetchRecord()
        }
        return true
    }

    private func fetchRecord() -> Bool {
        guard !isCutOff else { return false }
        let open = fetching.keys.sorted().filter { partition in
            // Of a partition that rests something may still be on its way.
            !isDeaf(to: partition) && (resting[partition].map { world.nowMs < $0 + 8 } ?? true)
                && fetching[partition, default: 0] != broker.shards[Int(partition)].count
        }
        guard !open.isEmpty else { return false }
        let partition = world.random.pick(open)
        let extent = broker.extent(partition)
        guard extent.begin..<extent.end ~= fetching[partition, default: 0] else {
            // Reading of it stops until it is assigned anew.
            fetching[partition] = nil
            tell(.outOfRange(partition: partition, world.fails(4) ? nil : broker.extent(partition)))
            return true
        }
        var offset = fetching[partition] ?? 0
        // Now and then something is fetched once more, as after a rest.
        if offset > broker.begins[Int(partition)], world.fails(40) {
            offset -= 1
        } else {
            fetching[partition] = offset + 1
        }
        let record = broker.shards[Int(partition)][Int(offset)].record
        let message = SimulatedMessage(partition: partition, offset: offset)
        tell(.record(record, message, partition: partition, offset: offset, generation: assigned))
        return true
    }

    private func perform(_ action: Machine.Action) {
        switch action {
        case .fetchPositions(let partitions, let generation): fetch(partitions, generation)
        case .assign(let starts, let generation):
            memberships = [generation: latest].compactMapValues { $0 }
            assigned = generation
            fetching = Dictionary(uniqueKeysWithValues: starts.map { ($0.partition, $0.offset) })
        case .unassign:
            fetching = [:]
            membership = nil
            if isGivingBack {
                isGivingBack = false
                isAway ? leave() : join()
            }
        case .leaveGroup:
            isAway = true
            world.report.departures += 1
            guard membership != nil || isGivingBack else { return leave() }
            guard !isGivingBack else { return }
            isGivingBack = true
            groupNews.append(.revoked(lost: false))
        case .joinGroup:
            isAway = false
            if !isGivingBack { join() }
        case .pause(let partitions): for partition in partitions { resting[partition] = world.nowMs }
        case .resume(let partitions): for partition in partitions { resting[partition] = nil }
        case .submit(let ticket, let message, _, let stamp): score(ticket, message, stamp)
        default: world.complain("\(name): the reader was given \(action)")
        }
    }

    private func fetch(_ partitions: [Int32], _ generation: Int) {
        isReaderBusy = true
        after(world.random.within(1...10)) { [self] in
            let unstable = partitions.contains { broker.isUnstable($0) }
            let saved = broker.offsets
            after(world.random.within(1...10)) { [self] in
                isReaderBusy = false
                guard !unstable, !isCutOff, !world.fails(12) else {
                    return tell(.positionsFailed(world.failure("no answer"), generation: generation))
                }
                tell(.positions(saved.filter { partitions.contains($0.key) }, generation: generation))
            }
        }
    }

    private func score(_ ticket: Ticket, _ message: SimulatedMessage, _ stamp: HeadStamp) {
        // Of a topic that is no more.
        guard message.offset < broker.extent(message.partition).end else { return }
        let entry = broker.shards[Int(message.partition)][Int(message.offset)]
        after(world.random.oneIn(20) ? world.random.within(50...250) : world.random.within(1...20)) {
            [self] in
            // The replicas drop what nobody wants any more, most of the time.
            guard machine.isCurrent(ticket.lane) || world.random.oneIn(2) else { return }
            if entry.isReadable {
                tell(.scored(ticket, SimulatedScores(stamp: stamp), images: entry.images))
            } else {
                tell(.unusable(ticket, DeadShard(message, stream: "", code: "bad", reason: "unreadable")))
            }
        }
    }
}
