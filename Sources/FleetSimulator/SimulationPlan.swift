/// What one simulated run is like; everything else follows from the seed.
package struct SimulationPlan: Sendable, Hashable {
    /// The seed.
    package var seed: UInt64
    /// Cut-overs that are asked for.
    package var cutovers: Int
    /// Partitions of the shard topic at the beginning.
    package var partitions: Int
    /// Partitions that are added later, one of them after everything else has come to rest.
    package var partitionsAdded: Int
    /// Workers.
    package var workers: Int
    /// Coordinators.
    package var coordinators: Int
    /// Whether workers publish in transactions; `nil` lets the seed decide.
    package var isExactlyOnce: Bool
    /// Whether somebody writes to every topic who should not.
    package var isHostile: Bool
    /// Whether retention takes unread shards and others move the group's offsets.
    package var isForgetful: Bool
    /// Whether the group remembers workers by their names (static membership).
    package var isStatic: Bool
    /// Whether a second worker has the name of the first one, until the calm.
    package var hasTwin: Bool
    /// Whether in the end the shard topic is created anew, and the control topic is not.
    package var isReplaced: Bool
    /// Most heads that a worker keeps.
    package var headsMax: Int
    /// How much rarer than usual processes die and sleep.
    package var faultRarity: Int
    /// Time between two shards, milliseconds.
    package var produceMs: ClosedRange<Int64>
    /// How long a coordinator waits for the past to be read, milliseconds.
    package var catchUpMs: Int64
    /// Most records that wait for the workers when a sensor sends one more.
    package var backlogMax: Int64
    /// Whether the report tells what happened, line by line.
    package var isTraced = false

    /// The plan that a seed stands for.
    package init(seed: UInt64, cutovers: Int = 20) {
        var random = SimulatedRandom(seed: seed ^ 0x5EED)
        self.seed = seed
        self.cutovers = cutovers
        partitions = Int(random.within(1...6))
        workers = Int(random.within(1...5))
        coordinators = random.pick([1, 2, 2, 3])
        isExactlyOnce = random.oneIn(2)
        isHostile = !random.oneIn(4)
        isForgetful = random.oneIn(3)
        faultRarity = random.pick([1, 4, 15])
        // Each partition may have a head of its own in each of four slots.
        headsMax = 5 * partitions + random.pick([4, 8, 20])
        catchUpMs = random.pick([20, 200])
        backlogMax = random.pick([10, 30, 100, 400])
        produceMs = random.pick([2...6, 5...15, 5...15, 15...80])
        partitionsAdded = random.oneIn(3) ? Int(random.within(1...2)) : 0
        headsMax += 5 * partitionsAdded
        isStatic = random.oneIn(4)
        hasTwin = random.oneIn(8)
        isReplaced = random.oneIn(16)
    }
}

/// What came of one simulated run.
package struct SimulationReport: Sendable, Hashable {
    /// What was wrong; empty when the promise held.
    package var complaints: [String] = []
    /// What happened, where it was asked for: the last ``linesMax`` lines.
    package var lines: [String] = []
    /// Most lines that are kept.
    package static let linesMax = 100_000
    /// A digest of all that happened: equal runs have equal ones.
    package var trace: UInt64 = 0xCBF2_9CE4_8422_2325
    /// Simulated time, milliseconds.
    package var simulatedMs: Int64 = 0
    /// Simulated time with faults, milliseconds.
    package var stormMs: Int64 = 0
    /// Cut-overs that were committed while there were faults.
    package var committedInStorm = 0
    /// Cut-overs that were committed.
    package var committed = 0
    /// Cut-overs that were aborted.
    package var aborted = 0
    /// Shards in the partitions.
    package var shards = 0
    /// Shards that were published more than once, with the same bytes.
    package var repeated = 0
    /// Times a process was killed.
    package var kills = 0
    /// Times a process was frozen and thawed.
    package var freezes = 0
    /// Times a worker was cut off from the broker.
    package var cuts = 0
    /// Readers that were silently stuck.
    package var stuckReaders = 0
    /// Partitions that one worker could not read from their leader.
    package var deaf = 0
    /// Partitions whose answers one worker could not write to their leader.
    package var mute = 0
    /// Times a worker left the group for a partition that it could not read, or whose answers it could not write.
    package var departures = 0
    /// Times a worker's producer was made anew.
    package var renewals = 0
    /// Times a process ended by itself because it could not go on.
    package var failures = 0
    /// Times the group gave the partitions out anew.
    package var rebalances = 0
    /// Times a new process went on under a name that the group remembered.
    package var namesTaken = 0
    /// Transactions that were aborted.
    package var aborts = 0
    /// Calls that failed or whose answer was lost.
    package var lostCalls = 0
    /// Second markers of a cut-over in a partition.
    package var repeatedMarkers = 0
    /// Records of the hostile writer.
    package var hostileRecords = 0
    /// Markers that stand for no cut-over.
    package var falseMarkers = 0

    /// Partitions that were added.
    package var partitionsAdded = 0
    /// Committed cut-overs that gave added partitions the head in force.
    package var restated = 0
    /// Times retention took unread shards.
    package var gaps = 0
    /// Times another program moved an offset of the group.
    package var meddled = 0
    /// Times the shard topic was created anew under the control topic of before.
    package var replaced = 0
    /// Times the group's offsets were forgotten.
    package var forgotten = 0
    /// Partitions that were resumed where they stood.
    package var resumed = 0
    /// Moves that were carried out.
    package var moves = 0
    /// Times the ledger was started anew.
    package var resets = 0

    /// Adds another run's counts.
    package mutating func add(_ other: SimulationReport) {
        complaints += other.complaints
        trace = (trace ^ other.trace) &* 0x100_0000_01B3
        simulatedMs += other.simulatedMs
        stormMs += other.stormMs
        committedInStorm += other.committedInStorm
        committed += other.committed
        aborted += other.aborted
        shards += other.shards
        repeated += other.repeated
        kills += other.kills
        freezes += other.freezes
        cuts += other.cuts
        stuckReaders += other.stuckReaders
        deaf += other.deaf
        mute += other.mute
        departures += other.departures
        renewals += other.renewals
        failures += other.failures
        rebalances += other.rebalances
        namesTaken += other.namesTaken
        aborts += other.aborts
        lostCalls += other.lostCalls
        repeatedMarkers += other.repeatedMarkers
        hostileRecords += other.hostileRecords
        falseMarkers += other.falseMarkers
        partitionsAdded += other.partitionsAdded
        restated += other.restated
        gaps += other.gaps
        meddled += other.meddled
        moves += other.moves
        replaced += other.replaced
        forgotten += other.forgotten
        resumed += other.resumed
        resets += other.resets
    }

    /// No run yet.
    package init() {}
}
