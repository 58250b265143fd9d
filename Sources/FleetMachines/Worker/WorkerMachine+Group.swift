internal import Cutover
internal import PipelineMessages

/// Owning partitions: from the group's word to the first record, and back.
extension WorkerMachine {
    mutating func assigned(_ partitions: [Int32], _ now: Moment) {
        dropLanes()
        unreached = [:]
        sayIsBack(partitions.count, now)
        guard ending == nil, !partitions.isEmpty else {
            phase = .idle
            actions.append(ending == nil ? .assign([], generation: generation) : .unassign)
            return
        }
        locate(partitions)
    }

    /// Whoever was cut off for longer than its session says when the group has it again.
    private mutating func sayIsBack(_ partitions: Int, _ now: Moment) {
        guard let since = lostSinceMs else { return }
        lostSinceMs = nil
        let seconds = (now.steadyMs - since) / 1_000
        // A group that gave the partitions out anew meanwhile is no news.
        guard seconds > 0 else { return }
        actions.append(
            .say("group: back after \(seconds) s, with \(partitions) partition\(partitions == 1 ? "" : "s")"))
    }

    /// Begins new lanes where the group has committed.
    mutating func locate(_ partitions: [Int32]) {
        dropLanes()
        generation += 1
        phase = .locating(partitions.sorted(), askAtMs: .min)
    }

    mutating func notLocated(_ failure: CallFailure, _ generation: Int, _ now: Moment) {
        guard case .locating(let partitions, _) = phase, generation == self.generation else { return }
        guard failure.kind != .fatal else { return fail("broker: \(failure)") }
        actions.append(.say("broker: \(failure); asking again"))
        phase = .locating(partitions, askAtMs: now.steadyMs + settings.retryMs)
    }

    /// Asks where to start; not while a commit is under way, in a transaction or without one, that would move the answer.
    mutating func askForPositions(_ now: Moment) {
        guard case .locating(let partitions, let atMs?) = phase, now.steadyMs >= atMs,
            publishing.commit == nil, publishing.transaction != .calling(.commit)
        else { return }
        phase = .locating(partitions, askAtMs: nil)
        actions.append(.fetchPositions(partitions, generation: generation))
    }

    mutating func located(_ saved: [Int32: SavedPosition], _ generation: Int, _ now: Moment) {
        guard case .locating(let partitions, _) = phase, generation == self.generation else {
            leaders.away?.stood(saved, nowMs: now.steadyMs)
            return
        }
        var starts: [(partition: Int32, offset: Int64)] = []
        for number in partitions {
            let start = start(of: number, saved[number])
            let timeline = HeadTimeline(
                partition: number, startOffset: start.offset, progress: start.progress,
                activations: control.log)
            var lane = WorkerLane<Message, Scores>(
                id: LaneID(partition: number, generation: generation), timeline: timeline,
                offset: start.offset, images: start.progress.images, moved: start.progress.moved)
            lane.committedOffset = saved[number]?.offset
            lane.awaitsMove = start.awaitsMove
            lane.hasNoAnswers = start.hasNoAnswers
            lane.awaitsMissed = start.awaitsMissed
            lane.awaitsNamed = start.awaitsNamed
            if start.hasNoAnswers { countAtMs = now.steadyMs + settings.countMs }
            if start.isDoubted { doubt(number, saved[number]) }
            if start.awaitsMissed { askForMissed() }
            if start.isMoved { unreached[number] = nil }
            if start.problem == nil, let problem = stillUnreached(number, now) {
                (lane.blocked, lane.unreadable) = (problem, problem)
            } else if let problem = start.problem {
                // The others go on.
                lane.blocked = problem
                actions.append(.say("partition \(number) is not read: \(problem)"))
            } else {
                starts.append((number, start.offset))
                if start.isMoved { noteMove(&lane) }
            }
            putLane(number, lane)
        }
        phase = .working
        actions.append(.assign(starts, generation: generation))
        // A client library keeps the rest of a partition through an assignment (librdkafka 2.0.2 does).
        if !starts.isEmpty { actions.append(.resume(starts.map(\.partition))) }
        if case .draining = ending { actions.append(.pause(partitions)) }
    }

    /// Reads again from the committed offsets: what was taken and not committed is done anew.
    mutating func rewind() {
        let partitions = Array(lanes.keys)
        dropLanes()
        guard phase == .working, !partitions.isEmpty else { return }
        // In a drain nothing is begun again: others do it.
        guard ending == nil else {
            phase = .closing(untilMs: .min)
            return
        }
        locate(partitions)
    }

    mutating func dropLanes() {
        forgetLanes()
        unscored = 0
        isHeld = false
        fullSinceMs = nil
        publishing.dropLanes()
    }

    // MARK: Topics for answers

    mutating func counted(_ topic: String, _ partitions: Int) {
        answers = (topic, partitions)
        guard lanes.contains(where: { $0.value.hasNoAnswers && Int($0.key) < partitions }) else { return }
        rewind()
    }

    /// Looks whether partitions were added to a topic that had too few.
    mutating func askForAnswers(_ now: Moment) {
        guard phase == .working, now.steadyMs >= countAtMs else { return }
        guard lanes.values.contains(where: \.hasNoAnswers) else {
            countAtMs = .max
            return
        }
        countAtMs = now.steadyMs + settings.countMs
        actions.append(.countAnswers)
    }

    // MARK: Giving back

    mutating func revoked(lost: Bool, _ now: Moment) {
        // Others may have them: nothing of them may leave any more.
        if lost {
            dropLanes()
            lostSinceMs = lostSinceMs ?? now.steadyMs
        }
        // Who gives back too slowly is dropped from the group without a word.
        control.missed = .unread
        phase = .closing(untilMs: lost ? now.steadyMs : now.steadyMs + settings.flushMs)
    }

    mutating func readingFailed(_ failure: CallFailure) {
        failure.kind == .fatal ? fail("broker: \(failure)") : actions.append(.say("broker: \(failure)"))
    }

    mutating func drain(_ now: Moment) {
        guard ending == nil else { return }
        ending = .draining(untilMs: now.steadyMs + settings.drainMs)
        endAtMs = now.steadyMs + settings.drainMs + settings.flushMs + settings.leaveMs
        switch phase {
        case .working: actions.append(.pause(lanes.keys.sorted()))
        case .idle: finishIdle(now)
        case .locating:
            phase = .closing(untilMs: now.steadyMs)
        case .closing, .ended: break
        }
    }

    mutating func stop(_ now: Moment) {
        ending = .stopping
        endAtMs = min(endAtMs ?? .max, now.steadyMs + 5 * settings.flushMs + settings.leaveMs)
        switch phase {
        case .working: phase = .closing(untilMs: now.steadyMs + 5 * settings.flushMs)
        case .idle: finishIdle(now)
        case .locating: phase = .closing(untilMs: now.steadyMs)
        case .closing, .ended: break
        }
    }

    /// Gives everything back once nothing more can leave in time, and no call is under way whose effect could outlive
    /// the membership it was made for.
    mutating func close(_ now: Moment) {
        if case .draining(let untilMs) = ending, phase == .working {
            let isDone = lanes.values.allSatisfy { $0.nextOrdinal == $0.committedOrdinals }
            guard isDone || now.steadyMs >= untilMs else { return }
            phase = .closing(untilMs: now.steadyMs + settings.flushMs)
        }
        guard case .closing(let untilMs) = phase else { return }
        if now.steadyMs >= untilMs, !lanes.isEmpty || publishing.hasOpenTransaction {
            dropLanes()
            abortIfOpen()
        }
        // In the end nobody's answer is waited for: a transaction that is left open ends by its time.
        let isLate = endAtMs.map { now.steadyMs >= $0 } ?? false
        guard publishing.isQuiet || isTransactionLeft || isLate else { return }
        dropLanes()
        phase = .idle
        actions.append(.unassign)
        if ending != nil { finish() }
    }

    /// Ends at once, but for a transaction that was left behind: readers would wait for it.
    private mutating func finishIdle(_ now: Moment) {
        guard !publishing.isQuiet else { return finish() }
        phase = .closing(untilMs: now.steadyMs)
    }

    private mutating func finish() {
        phase = .ended
        forgetLanes()
        actions.append(.finished)
    }

    // MARK: Room

    /// Whether one more record may be taken.
    var hasRoom: Bool {
        unscored < settings.unscoredMax && held.handedOn < settings.heldMax
            && held.waiting < settings.waitingMax
    }

    /// Nothing is polled while there is no room; for longer than a moment the group must be served all the same.
    mutating func holdOrLetGo(_ now: Moment) {
        guard phase == .working, ending == nil else {
            fullSinceMs = nil
            return
        }
        let hasRoom = hasRoom
        guard !hasRoom || isHeld else {
            fullSinceMs = nil
            return
        }
        if hasRoom {
            isHeld = false
            fullSinceMs = nil
            actions.append(.resume(unblocked))
        } else if !isHeld {
            let since = fullSinceMs ?? now.steadyMs
            fullSinceMs = since
            guard now.steadyMs - since >= settings.holdAfterMs else { return }
            isHeld = true
            actions.append(.pause(unblocked))
        }
    }

    /// The partitions in which nothing waits for what it needs, in order.
    private var unblocked: [Int32] { lanes.keys.filter { lanes[$0]?.blocked == nil }.sorted() }
}
