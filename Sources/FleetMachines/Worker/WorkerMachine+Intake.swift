internal import Cutover
internal import PipelineMessages

/// Taking records: the head of a shard, the truth of a marker, and waiting for either.
extension WorkerMachine {
    mutating func received(
        _ record: ShardTopicRecord, _ message: Message, partition: Int32, offset: Int64,
        _ generation: Int, _ now: Moment
    ) {
        leaders.images.heard(partition, nowMs: now.steadyMs)
        // What was fetched before the partition was assigned anew lies ahead of where it goes on: what is between would be
        // taken for read.
        guard generation == self.generation else { return }
        // Of a partition given back, or not handed on any more in a drain.
        guard phase == .working, ending == nil, var lane = takeLane(partition) else { return }
        defer { putLane(partition, lane) }
        // Fetched again after a rest.
        guard offset >= lane.received else { return }
        lane.received = offset + 1
        if !unreached.isEmpty { unreached[partition] = nil }
        if lane.unreadable != nil {
            // It is read after all: what said otherwise was of the assignment before, and came late.
            lane.unreadable = nil
            if lane.waiting.isEmpty { lane.blocked = nil }
        }
        let next = WorkerLane<Message, Scores>.Waiting(record: record, message: message, offset: offset)
        guard lane.blocked == nil else { return lane.waiting.append(next) }
        if let reason = pass(next, &lane) {
            lane.blocked = reason
            lane.waiting.insert(next, at: 0)
            actions.append(.pause([partition]))
        }
        if lane.sequencer.hasReleasable { publishing.ripe.insert(partition) }
    }

    /// Hands a record on; or says what it waits for.
    private mutating func pass(
        _ next: WorkerLane<Message, Scores>.Waiting, _ lane: inout WorkerLane<Message, Scores>
    ) -> String? {
        if let reason = strangeness(of: next, lane.id.partition) { return reason }
        switch next.record {
        case .shard(let stream): return passShard(next, stream, &lane)
        case .marker(let marker): return passMarker(next, marker, &lane)
        case .badMarker(let problem):
            bury(next, code: "bad-marker", reason: problem, &lane)
            return nil
        }
    }

    /// Why a record can not be of the topic that the control topic speaks of: where a head came into force, there is its
    /// marker.
    private func strangeness(
        of next: WorkerLane<Message, Scores>.Waiting, _ partition: Int32
    ) -> String? {
        if case .marker = next.record { return nil }
        return control.log.marker(partition: partition, at: next.offset).map {
            "offset \(next.offset) holds no marker, and the control topic says that \($0.label) came into force there: "
                + StrangeTopic.remedy
        }
    }

    private mutating func passShard(
        _ next: WorkerLane<Message, Scores>.Waiting, _ stream: String,
        _ lane: inout WorkerLane<Message, Scores>
    ) -> String? {
        var stamp = settings.frozenHead
        if stamp == nil {
            lane.timeline.learn(control.log)
            guard let inForce = lane.timeline.head(stream: stream) else {
                return "no head is in force yet; push one with hashiflex head push"
            }
            guard control.ready[inForce.head] != nil else {
                want(inForce.head)
                return "\(inForce.label): \(control.absence(inForce.head))"
            }
            stamp = HeadStamp(inForce)
        }
        guard let stamp else { return nil }
        unscored += 1
        actions.append(.submit(lane.ticket(next.offset), next.message, stream: stream, stamp))
        return nil
    }

    private mutating func passMarker(
        _ next: WorkerLane<Message, Scores>.Waiting, _ marker: CutoverMarker,
        _ lane: inout WorkerLane<Message, Scores>
    ) -> String? {
        switch control.log.judge(marker, partition: lane.id.partition) {
        case .announced: break
        case .refuted(let reason):
            bury(next, code: "false-marker", reason: reason, &lane)
            lane.isDecided()
            return nil
        case .unannounced:
            // Its announcement was durable before it was written, if there is one: look as far as that.
            guard let below = lane.markerDecidedBelow else {
                if lane.markerQuestion == nil {
                    control.questions += 1
                    lane.markerQuestion = control.questions
                }
                return "a marker of \(marker.label) waits for the control topic to be read"
            }
            guard control.readBelow >= below else {
                return "a marker of \(marker.label) waits for the control topic to be read"
            }
            bury(
                next, code: "false-marker",
                reason: "no cut-over \(marker.request) was announced in the control topic", &lane)
            lane.isDecided()
            return nil
        }
        lane.isDecided()
        // With a frozen head as well: a worker with an open backbone may own the partition next.
        let before = lane.timeline.heads.first { $0.slot == marker.slot }?.number ?? -1
        if !lane.timeline.apply(marker, at: next.offset), marker.number > before {
            actions.append(
                .say(
                    "cut-over ignored: partition \(lane.id.partition) has no room for another slot beside an offset; "
                        + "\(marker.label) is not in force for \(marker.slot) there"))
        }
        if let reason = settings.frozenRefusal, control.ignores(marker.request) {
            actions.append(
                .say(
                    "cut-over ignored: partition \(lane.id.partition) holds a marker of \(marker.label) at "
                        + "offset \(next.offset); \(reason)"))
        }
        lane.finish(lane.ticket(next.offset), .passed)
        return nil
    }

    /// Passes a record that is of no use.
    private mutating func bury(
        _ next: WorkerLane<Message, Scores>.Waiting, code: String, reason: String,
        _ lane: inout WorkerLane<Message, Scores>
    ) {
        let dead = DeadShard(next.message, stream: "", code: code, reason: reason)
        lane.finish(lane.ticket(next.offset), .dead(dead))
    }

    /// Tries again what waits.
    mutating func unblock() {
        guard phase == .working, ending == nil else { return }
        for number in lanes.keys.sorted() {
            guard var lane = takeLane(number) else { continue }
            defer { putLane(number, lane) }
            guard lane.blocked != nil, !lane.waiting.isEmpty else { continue }
            var reason: String?
            while let next = lane.waiting.first {
                reason = pass(next, &lane)
                if reason != nil { break }
                lane.waiting.removeFirst()
            }
            lane.blocked = lane.unreadable ?? reason
            if lane.blocked == nil, !isHeld { actions.append(.resume([number])) }
            if lane.sequencer.hasReleasable { publishing.ripe.insert(number) }
        }
    }

    /// Takes what a replica or the NPU made of a shard.
    mutating func finished(_ ticket: Ticket, _ outcome: ShardOutcome<Message, Scores>) {
        guard isCurrent(ticket.lane) else { return }
        unscored -= 1
        lanes[ticket.lane.partition]?.finish(ticket, outcome)
        publishing.ripe.insert(ticket.lane.partition)
    }
}

extension WorkerLane {
    mutating func finish(_ ticket: Ticket, _ outcome: ShardOutcome<Message, Scores>) {
        sequencer.finish(ticket, images: outcome.images, payload: outcome)
    }
}
