package import Artifacts
internal import Cutover
package import PipelineMessages

/// What a worker knows from the control topic.
struct ControlKnowledge: Sendable {
    /// Most refused heads that are remembered.
    static let refusedMax = 1_024
    /// Most cut-overs that are counted as ignored, so that a flood of records takes a bounded memory.
    static let ignoredMax = 65_536

    var log = ActivationLog()
    /// How far it has been read.
    var reader = ReaderWatch()
    var readBelow: Int64 { reader.readBelow }
    /// Loaded heads and the bytes that each takes.
    var ready: [ContentDigest: Int] = [:]
    var refused: [ContentDigest: String] = [:]
    /// Heads that there was no room for, or that could not be loaded again, and when to try again.
    var crowdedUntilMs: [ContentDigest: Int64] = [:]
    /// Heads that are being loaded again.
    var wanted: Set<ContentDigest> = []
    /// Cut-overs that a frozen head does not follow, by their request's digest.
    var ignored: Set<ContentDigest> = []
    /// Most partitions of which a move, or where they stood, is remembered.
    static let movesMax = 65_536
    /// The newest move of each partition, and the offset of its record.
    var moves: [Int32: (move: PositionMove, offset: Int64)] = [:]
    /// Where partitions stood.
    var checkpoints: [Int32: PositionCheckpoint] = [:]
    /// Questions about the topic's end that were thought of, asked and answered.
    var questions = 0
    var asked = 0
    /// What was told while this worker was not in the group.
    var missed = MissedTime.nothing
    /// Positions that name what was not read when they were met, and those of them that named what was not there.
    var doubted: [Int32: SavedPosition] = [:]
    var refuted: [Int32: SavedPosition] = [:]

    /// Why a head can not be used now.
    func absence(_ head: ContentDigest) -> String {
        refused[head] ?? "head \(head.short) has not arrived yet"
    }

    /// Counts a cut-over that is not followed; returns whether it is a new one.
    mutating func ignores(_ request: String) -> Bool {
        ignored.count < Self.ignoredMax && ignored.insert(ContentDigest(of: request.utf8)).inserted
    }
}

/// Following the control topic.
extension WorkerMachine {
    mutating func published(_ manifest: HeadManifest) {
        control.log.apply(manifest)
        unblock()
    }

    mutating func headReady(_ head: ContentDigest, bytes: Int, _ now: Moment) {
        control.wanted.remove(head)
        control.ready[head] = bytes
        control.refused[head] = nil
        control.crowdedUntilMs[head] = nil
        makeRoom(for: head, now)
        unblock()
    }

    mutating func headRefused(_ head: ContentDigest, _ reason: String) {
        control.wanted.remove(head)
        guard control.ready[head] == nil else { return }
        // A flood of heads that are of no use is not remembered for ever.
        if control.refused.count >= ControlKnowledge.refusedMax, control.refused[head] == nil {
            let needed = control.log.neededHeads
            let others = control.refused.keys.filter { !needed.contains($0) }
            guard let other = others.min() else { return }
            control.refused[other] = nil
        }
        control.refused[head] = reason
        unblock()
    }

    /// A head could not be loaded again now: whoever waits for it asks again after a while.
    mutating func headNotFetched(_ head: ContentDigest, _ now: Moment) {
        control.wanted.remove(head)
        control.crowdedUntilMs[head] = now.steadyMs + 10 * settings.retryMs
    }

    /// Asks for a published head that was let go of.
    mutating func want(_ head: ContentDigest) {
        guard control.log.manifests[head] != nil, control.ready[head] == nil, control.refused[head] == nil,
            control.wanted.insert(head).inserted
        else { return }
        actions.append(.fetchHead(head))
    }

    /// How soon a head is needed.
    private enum Need: Int, Comparable {
        case none, steppingBack, asked, inForce
        static func < (left: Need, right: Need) -> Bool { left.rawValue < right.rawValue }
    }

    /// Lets go of heads that are needed less than `newcomer`, until it fits; or does without it.
    private mutating func makeRoom(for newcomer: ContentDigest, _ now: Moment) {
        func isTooMuch() -> Bool {
            control.ready.count > settings.headsMax
                || control.ready.values.reduce(0, +) > settings.headBytesMax
        }
        guard isTooMuch() else { return }
        let needs = headNeeds
        let own = needs[newcomer] ?? .none
        let others = control.ready.keys.filter { $0 != newcomer }
            .map { (head: $0, need: needs[$0] ?? .none) }
            .filter { $0.need < own || $0.need == .none }
            .sorted { ($0.need.rawValue, $0.head) < ($1.need.rawValue, $1.head) }
        for other in others where isTooMuch() { unload(other.head) }
        guard isTooMuch() else { return }
        let (count, bytes) = (control.ready.count, control.ready.values.reduce(0, +))
        unload(newcomer)
        control.refused[newcomer] =
            "no room: with it \(count) heads that are needed take \(bytes) bytes; at most \(settings.headsMax) heads "
            + "and \(settings.headBytesMax) bytes may be loaded (--head-bytes-max)"
        // Partitions move on; later there may be room.
        control.crowdedUntilMs[newcomer] = now.steadyMs + 10 * settings.retryMs
    }

    /// Tries again heads that there was no room for, or that could not be loaded.
    mutating func retryCrowded(_ now: Moment) {
        guard control.crowdedUntilMs.contains(where: { now.steadyMs >= $0.value }) else { return }
        let due = control.crowdedUntilMs.filter { now.steadyMs >= $0.value }.keys.sorted()
        for head in due {
            control.crowdedUntilMs[head] = nil
            control.refused[head] = nil
            if control.log.open.contains(where: { $0.head == head }) { want(head) }
        }
        unblock()
    }

    private mutating func unload(_ head: ContentDigest) {
        if control.ready.removeValue(forKey: head) != nil { actions.append(.unloadHead(head)) }
    }

    /// Heads in force here or where a rewind would begin, then those asked for, then those of the newest two cut-overs of
    /// each slot.
    private var headNeeds: [ContentDigest: Need] {
        var needs: [ContentDigest: Need] = [:]
        func note(_ head: ContentDigest, _ need: Need) { needs[head] = max(needs[head] ?? .none, need) }
        for lane in lanes.values {
            for inForce in lane.timeline.heads + lane.committedHeads { note(inForce.head, .inForce) }
            if let first = lane.timeline.head(stream: "") { note(first.head, .inForce) }
        }
        for cutover in control.log.open { note(cutover.head, .asked) }
        var newest: [HeadSlot: Int] = [:]
        for cutover in control.log.committed.reversed()
        where cutover.restates == nil && newest[cutover.slot, default: 0] < 2 {
            newest[cutover.slot, default: 0] += 1
            note(cutover.head, .steppingBack)
        }
        return needs
    }

    /// Whether a head is loaded.
    package func hasReady(_ head: ContentDigest) -> Bool { control.ready[head] != nil }

    /// The loaded heads.
    package var headsReady: [ContentDigest] { control.ready.keys.sorted() }

    /// The heads that this worker will not use, those of open cut-overs first; a heartbeat has room for so many.
    package var refusals: [WorkerStatus.Refusal] {
        guard !control.refused.isEmpty else { return [] }
        let asked = Set(control.log.open.map(\.head))
        let ordered = control.refused.sorted {
            let (left, right) = (asked.contains($0.key), asked.contains($1.key))
            return left == right ? $0.key < $1.key : left
        }
        return ordered.prefix(32).map { WorkerStatus.Refusal(head: $0.key, reason: $0.value) }
    }

    mutating func learned(_ record: CutoverRecord, at offset: Int64) {
        let isNews = control.log.apply(record, at: offset)
        if isNews, record.state == .aborted, !control.log.neededHeads.contains(record.head) {
            control.refused[record.head] = nil
            unload(record.head)
        }
        if isNews, record.state == .requested || record.state == .committing { want(record.head) }
        if record.state == .committing || record.state == .committed, let reason = settings.frozenRefusal,
            control.ignores(record.request)
        {
            actions.append(
                .say("cut-over ignored: the control topic switches to \(record.label); \(reason)"))
        }
        if isNews, record.state == .committed { retryMoves() }
        unblock()
    }

    mutating func controlRead(below offset: Int64) {
        guard control.reader.read(below: offset) else { return }
        readMissed()
        if lanes.values.contains(where: { $0.markerDecidedBelow != nil }) { unblock() }
    }

    /// Asks where the control topic ends, once for all markers that wait now, and for what was missed.
    mutating func askControlEnd() {
        guard control.questions > control.asked else { return }
        control.asked = control.questions
        let markers = lanes.sorted { $0.key < $1.key }.compactMap {
            $0.value.markerQuestion == nil ? nil : $0.value.waiting.first?.message
        }
        actions.append(.askControlEnd(serial: control.asked, beside: markers))
    }

    mutating func controlEnd(_ end: Int64?, _ serial: Int) {
        missedEnd(end, serial)
        for number in lanes.keys {
            guard let question = lanes[number]?.markerQuestion, question <= serial else { continue }
            guard let end else {
                // No answer: ask anew.
                control.questions += 1
                lanes[number]?.markerQuestion = control.questions
                continue
            }
            lanes[number]?.markerQuestion = nil
            // Whoever answered may be behind somebody who answered before.
            lanes[number]?.markerDecidedBelow = max(end, control.reader.end)
        }
        guard let end else { return }
        control.reader.ends(at: end)
        unblock()
    }

    /// The control topic is read anew where its reader is silently stuck. What it has told is told again and changes nothing.
    mutating func watchReader(_ now: Moment) {
        let forMs = settings.stuckMs
        guard control.reader.isStuck(forMs: forMs, nowMs: now.steadyMs) else { return }
        actions.append(
            .say(
                "the control topic was read below \(control.readBelow) and ends at \(control.reader.end), for "
                    + "\(forMs / 1_000) s: the node that answers may be cut off from its peers; it is read anew over new "
                    + "connections"))
        actions.append(.reopenControl)
    }
}
