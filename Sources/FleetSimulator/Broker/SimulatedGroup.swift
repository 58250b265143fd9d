/// The workers' consumer group as a broker keeps it: members, generations, eager rebalances, names that are remembered.
final class SimulatedGroup {
    struct Member {
        let worker: Int
        let name: String
        let life: Int
        var beatAtMs: Int64
        var hasJoined: Bool
        /// What it owns in the present generation.
        var partitions: [Int32] = []
    }

    /// What a member hears.
    enum Answer { case fine, rebalancing, unknown }

    static let sessionMs: Int64 = 150
    static let joinMs: Int64 = 400

    private(set) var members: [Int: Member] = [:]
    private(set) var generation = 0
    /// Until when members may join the next generation; `nil` while one is in force.
    private(set) var joiningUntilMs: Int64?
    private var nextMember = 1

    /// Takes a member into the next generation; a new one gets its name.
    func join(_ id: Int?, worker: SimulatedWorker, nowMs: Int64) -> Int {
        let member = id.flatMap { members[$0] == nil ? nil : $0 } ?? nextMember
        nextMember = max(nextMember, member + 1)
        begin(nowMs)
        members[member] = Member(
            worker: worker.index, name: worker.name, life: worker.life, beatAtMs: nowMs, hasJoined: true)
        return member
    }

    /// A new process under a name that is remembered (static membership): it goes on as the old one, which is shut out, without a new
    /// generation.
    ///
    /// - Returns: who it is, and what it owns unless the group is changing; `nil` if the name is not known.
    func takeOver(_ worker: SimulatedWorker, nowMs: Int64) -> (member: Int, partitions: [Int32]?)? {
        let known = members.filter { $0.value.name == worker.name }
        guard let old = known.min(by: { $0.key < $1.key }) else { return nil }
        let member = nextMember
        nextMember += 1
        members[old.key] = nil
        members[member] = Member(
            worker: worker.index, name: worker.name, life: worker.life, beatAtMs: nowMs, hasJoined: true,
            partitions: old.value.partitions)
        return (member, joiningUntilMs == nil ? old.value.partitions : nil)
    }

    /// A member of the present generation owns that.
    func give(_ partitions: [Int32], to id: Int) { members[id]?.partitions = partitions }

    func leave(_ id: Int, nowMs: Int64) {
        if members.removeValue(forKey: id) != nil { begin(nowMs) }
    }

    /// Gives the partitions out anew although nobody came or went.
    func shake(nowMs: Int64) { if !members.isEmpty { begin(nowMs) } }

    private func begin(_ nowMs: Int64) {
        guard joiningUntilMs == nil else { return }
        joiningUntilMs = nowMs + Self.joinMs
        for id in members.keys { members[id]?.hasJoined = false }
    }

    func beat(_ id: Int, nowMs: Int64) -> Answer {
        guard members[id] != nil else { return .unknown }
        members[id]?.beatAtMs = nowMs
        return joiningUntilMs == nil ? .fine : .rebalancing
    }

    /// Forgets silent members; begins the next generation when everybody is there or time is up.
    ///
    /// - Returns: the members of a new generation, in order.
    func tick(nowMs: Int64) -> [(id: Int, member: Member)]? {
        let silent = members.filter { nowMs - $0.value.beatAtMs > Self.sessionMs }.keys.sorted()
        for id in silent { leave(id, nowMs: nowMs) }
        guard let until = joiningUntilMs else { return nil }
        guard nowMs >= until || members.values.allSatisfy(\.hasJoined) else { return nil }
        members = members.filter { $0.value.hasJoined }
        joiningUntilMs = nil
        generation += 1
        return members.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// Whether a commit in the name of this membership counts; also while members are asked to join anew.
    func accepts(_ membership: SimulatedMembership) -> Bool {
        members[membership.member] != nil && membership.generation == generation
    }
}

/// Which member of which generation somebody was when a lane began.
struct SimulatedMembership {
    let member: Int
    let generation: Int
}
