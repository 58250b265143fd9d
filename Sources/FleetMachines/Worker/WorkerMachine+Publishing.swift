internal import PipelineMessages

/// What is between finished and committed.
struct Publishing: Sendable {
    /// A publication on its way to the broker.
    struct Flight: Sendable {
        let partition: Int32
        let ordinal: Int
        /// Records it became; not known before it was carried out.
        var records: Int?
        var delivered = 0

        var isDelivered: Bool { records.map { delivered >= $0 } ?? false }
    }

    /// Where the transaction stands; the call of each state but `none` and `open` is under way.
    enum Transaction: Sendable, Equatable {
        case none
        case open
        case calling(TransactionCall)
    }

    var flights: [UInt64: Flight] = [:]
    var nextFlight: UInt64 = 0
    /// How far each lane is delivered, not yet committed.
    var frontiers: [Int32: LaneFrontier] = [:]
    /// The commit under way.
    var commit: (serial: Int, generation: Int, frontiers: [Int32: LaneFrontier])?
    var commits = 0
    var lastCommitMs: Int64 = 0
    var transaction = Transaction.none
    /// The lanes that the transaction works for.
    var transactionGeneration = 0
    /// Publications in the transaction, and the most that the next one takes: a broker that throttles must be done with one
    /// in its time.
    var published = 0
    var publishedMax = Int.max
    /// The transaction must not become visible.
    var mustAbort = false
    /// Partitions in which something may be published, and those in which something was delivered since that was last collected.
    var ripe: Set<Int32> = []
    var landed: Set<Int32> = []
    /// A call that failed is made again then.
    var retryAtMs: Int64?

    /// Forgets all lanes; a transaction that holds their records must go.
    mutating func dropLanes() {
        flights = [:]
        frontiers = [:]
        ripe = []
        landed = []
        if transaction != .none { mustAbort = true }
    }

    var hasOpenTransaction: Bool { transaction == .open }

    /// Whether nothing but a transaction is under way.
    var isTransactionAlone: Bool { flights.isEmpty && frontiers.isEmpty && commit == nil }

    /// Whether nothing is on its way and no call under way.
    var isQuiet: Bool { flights.isEmpty && frontiers.isEmpty && commit == nil && transaction == .none }
}

/// Publishing in order and committing what was delivered.
extension WorkerMachine {
    mutating func publishAndCommit(_ now: Moment) {
        if settings.isExactlyOnce {
            transact(now)
        } else {
            release(now)
            commitOffsets(now)
        }
    }

    /// Waiting for company would be wrong when the partitions are about to go.
    func isTimeToCommit(_ now: Moment) -> Bool {
        phase != .working || ending != nil
            || now.steadyMs - publishing.lastCommitMs >= settings.commitIntervalMs
    }

    /// Publishes what is finished, in order; `most` publications, beginning with another partition each time.
    mutating func release(most: Int = .max, _ now: Moment) {
        publishing.published = 0
        guard !publishing.ripe.isEmpty else { return }
        let numbers = publishing.ripe.sorted()
        let first = most < .max && !numbers.isEmpty ? Int(publishing.nextFlight % UInt64(numbers.count)) : 0
        for number in numbers[first...] + numbers[..<first] {
            while publishing.published < most, let released = lanes[number]?.sequencer.release() {
                if case .passed = released.payload {
                    publishing.landed.insert(number)
                    lanes[number]?.sequencer.delivered(ordinal: released.ticket.ordinal)
                    continue
                }
                if case .dead(let dead) = released.payload {
                    deadLetters += 1
                    let place = "partition \(number), offset \(released.ticket.offset)"
                    buried.note(1, last: "\(place): \(dead.code), \(dead.reason)")
                }
                publishing.nextFlight += 1
                publishing.published += 1
                publishing.flights[publishing.nextFlight] = .init(
                    partition: number, ordinal: released.ticket.ordinal)
                leaders.answers.wait(number, nowMs: now.steadyMs)
                actions.append(
                    .publish(
                        Publication(
                            ticket: released.ticket, imagesBefore: released.imagesBefore,
                            outcome: released.payload), flight: publishing.nextFlight))
            }
            if lanes[number]?.sequencer.hasReleasable != true { publishing.ripe.remove(number) }
        }
    }

    mutating func queued(_ flight: UInt64, _ records: Int, _ now: Moment) {
        publishing.flights[flight]?.records = records
        land(flight, now)
    }

    mutating func delivered(_ flight: UInt64, _ records: Int, _ now: Moment) {
        publishing.flights[flight]?.delivered += records
        land(flight, now)
    }

    private mutating func land(_ number: UInt64, _ now: Moment) {
        guard let flight = publishing.flights[number], flight.isDelivered else { return }
        publishing.flights[number] = nil
        publishing.landed.insert(flight.partition)
        leaders.transactionHeard()
        if publishing.flights.values.contains(where: { $0.partition == flight.partition }) {
            leaders.answers.heard(flight.partition, nowMs: now.steadyMs)
        } else {
            leaders.answers.end(flight.partition)
        }
        lanes[flight.partition]?.sequencer.delivered(ordinal: flight.ordinal)
    }

    mutating func deliveryFailed(_ failure: CallFailure, _ flight: UInt64, _ now: Moment) {
        // Of a lane that was given back: nobody minds any more.
        guard publishing.flights[flight] != nil else { return }
        interrupted(failure)
    }

    mutating func flightsLost(_ failure: CallFailure) {
        if !publishing.flights.isEmpty { interrupted(failure) }
    }

    /// What is on its way is done again.
    private mutating func interrupted(_ failure: CallFailure) {
        guard failure.kind != .fatal else { return fail("broker: \(failure)") }
        actions.append(.say("publishing was interrupted and goes on: \(failure)"))
        if settings.isExactlyOnce {
            publishing.mustAbort = true
        } else if phase == .working {
            rewind()
        } else {
            dropLanes()
        }
    }

    mutating func collectFrontiers() {
        let landed = publishing.landed
        publishing.landed = []
        for number in landed {
            if let frontier = lanes[number]?.sequencer.takeFrontier() {
                publishing.frontiers[number] = frontier
            }
        }
    }

    var commits: [PartitionCommit] {
        publishing.frontiers.sorted { $0.key < $1.key }.map { number, frontier in
            PartitionCommit(partition: number, offset: frontier.offset, progress: frontier.progress)
        }
    }

    mutating func noteCommitted(_ frontiers: [Int32: LaneFrontier], generation: Int, _ now: Moment) {
        publishing.lastCommitMs = now.steadyMs
        guard generation == self.generation else { return }
        for (number, frontier) in frontiers {
            guard let lane = lanes[number] else { continue }
            imagesCommitted += frontier.progress.images - lane.committedImages
            lanes[number]?.committedOffset = frontier.offset
            lanes[number]?.committedImages = frontier.progress.images
            held.committed(frontier.ordinals - lane.committedOrdinals)
            lanes[number]?.committedOrdinals = frontier.ordinals
            lanes[number]?.committedHeads = frontier.progress.heads
        }
    }

    // MARK: At least once

    private mutating func commitOffsets(_ now: Moment) {
        collectFrontiers()
        if let retryAtMs = publishing.retryAtMs, now.steadyMs < retryAtMs { return }
        guard publishing.commit == nil, !publishing.frontiers.isEmpty, isTimeToCommit(now) else { return }
        publishing.retryAtMs = nil
        publishing.commits += 1
        let commits = commits
        publishing.commit = (publishing.commits, generation, publishing.frontiers)
        publishing.frontiers = [:]
        actions.append(.commit(commits, serial: publishing.commits, generation: generation))
    }

    mutating func commitEnded(_ failure: CallFailure?, _ serial: Int, _ now: Moment) {
        guard let commit = publishing.commit, commit.serial == serial else { return }
        publishing.commit = nil
        guard let failure else { return noteCommitted(commit.frontiers, generation: commit.generation, now) }
        guard failure.kind != .fatal else { return fail("broker: \(failure)") }
        actions.append(.say("publishing was interrupted and goes on: \(failure)"))
        publishing.lastCommitMs = now.steadyMs
        publishing.retryAtMs = now.steadyMs + 10
        // Of lanes that are still there the same, or what has been delivered since, is committed later.
        guard commit.generation == generation else { return }
        for (number, frontier) in commit.frontiers
        where lanes[number] != nil && publishing.frontiers[number] == nil {
            publishing.frontiers[number] = frontier
        }
    }
}
