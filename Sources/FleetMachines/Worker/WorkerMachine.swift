internal import Artifacts
internal import Cutover
package import PipelineMessages

/// A worker without its surroundings: which records it takes, by which head, in what order their results leave, and
/// what it commits. Pure: an event in, the actions that follow out. No thread, clock, lock or broker.
///
/// The promise, at least once and exactly once alike:
///
/// 1. A record of a partition is handed on once for each assignment (*lane*), in offset order, by the head that
///    ``HeadTimeline`` gives it. While that head, or the truth about a marker, is not known here, the partition waits.
/// 2. Results leave in offset order, whatever order they were finished in.
/// 3. An offset is committed only when everything of the records below it was delivered, together with the heads in
///    force and the images below: whoever reads on from there repeats the same bytes.
/// 4. With exactly-once the commit is part of the transaction that holds the records, in the name of the membership
///    that the lane began with; a transaction that fails leaves nothing, and its records are read again.
/// 5. What belongs to an earlier lane is dropped wherever it turns up.
/// 6. Nothing is passed over but by a ``PositionMove`` for exactly the offset that is committed; nothing is done again where
///    the group's offset is gone and a ``PositionCheckpoint`` says that something was done.
/// 7. A marker counts if the control topic has announced it, with the token that only the announcement names.
///
/// Actions are carried out in order, each by one of three hands (see ``WorkerAction``); their results are events.
package struct WorkerMachine<Message: Sendable, Scores: Sendable>: Sendable {
    /// An event that this machine takes.
    package typealias Event = WorkerEvent<Message, Scores>
    /// An action that this machine asks for.
    package typealias Action = WorkerAction<Message, Scores>

    /// Where the worker stands with the group.
    enum Phase: Equatable {
        /// Owns nothing.
        case idle
        /// Owns partitions, and has to hear where to start; asks then, or is waiting for the answer.
        case locating([Int32], askAtMs: Int64?)
        /// Reads and works.
        case working
        /// Publishes and commits what is finished until then, at most; gives its partitions back.
        case closing(untilMs: Int64)
        /// Has ended.
        case ended
    }

    /// What it was asked to do at the end.
    enum Ending: Equatable {
        /// Finish what was handed on.
        case draining(untilMs: Int64)
        /// Only what is finished already.
        case stopping
    }

    let settings: WorkerSettings
    var phase = Phase.idle
    var ending: Ending?
    /// When it ends although somebody has not answered, once it is told to end.
    var endAtMs: Int64?
    var generation = 0
    var lanes: [Int32: WorkerLane<Message, Scores>] = [:]
    /// Of all of them together; whoever changes what it counts takes the lane out and puts it back.
    var held = HeldRecords()
    /// Whether all lanes rest because nothing moves.
    var isHeld = false
    /// Since when there has been no room for another record.
    var fullSinceMs: Int64?
    /// Since when the group has taken this worker for gone.
    var lostSinceMs: Int64?
    /// Shards that were submitted, in lanes of now, and are not scored yet.
    var unscored = 0

    var publishing = Publishing()
    var control = ControlKnowledge()
    var leaders = LeaderWatch()
    /// Partitions that end below where they are to be read, by the word of whoever answers.
    var unreached: [Int32: Unreached] = [:]
    /// When the last event came: a process that was frozen hears nothing.
    var heardAtMs: Int64?
    /// The topic for answers with the fewest partitions, and when it is looked at again where it has too few.
    var answers: (topic: String, partitions: Int)?
    var countAtMs: Int64 = .max
    /// What was said of dead letters, and of images that could not be read.
    var buried = LossLog("dead letters")
    var unread = LossLog("images that could not be read")
    var actions: [Action] = []

    /// Images whose offset this life has committed.
    package internal(set) var imagesCommitted: Int64 = 0
    /// Records that went to the dead letters.
    package internal(set) var deadLetters: Int64 = 0
    /// Cut-overs that a frozen head did not follow.
    package var cutoversIgnored: Int64 { Int64(control.ignored.count) }

    /// A worker that owns nothing and knows of no head.
    package init(_ settings: WorkerSettings) { self.settings = settings }

    /// Takes an event of `now`; returns what to do, in order.
    package mutating func handle(_ event: Event, at now: Moment) -> [Action] {
        guard phase != .ended else { return [] }
        noticeAbsence(now)
        take(event, now)
        step(now)
        defer { actions.removeAll(keepingCapacity: true) }
        return actions
    }

    private mutating func take(_ event: Event, _ now: Moment) {
        switch event {
        case .assigned(let partitions): assigned(partitions, now)
        case .revoked(let lost): revoked(lost: lost, now)
        case .positions(let saved, let generation): located(saved, generation, now)
        case .positionsFailed(let failure, let generation): notLocated(failure, generation, now)
        case .answers(let topic, let partitions): counted(topic, partitions)
        case .readingFailed(let failure): readingFailed(failure)
        case .outOfRange(let partition, let extent): outOfRange(partition, extent, now)
        case .leaders(let role, let answered, let silent, let count):
            learned(role, answered, silent: silent, of: count, now)
        case .record(let record, let message, let partition, let offset, let generation):
            received(record, message, partition: partition, offset: offset, generation, now)
        case .scored(let ticket, let scores, let images): finished(ticket, .scored(scores, images: images))
        case .unusable(let ticket, let dead): finished(ticket, .dead(dead))
        case .imagesNotRead(let ticket, let images, let reason): notRead(ticket, images, reason)
        case .queued(let flight, let records): queued(flight, records, now)
        case .delivered(let flight, let records): delivered(flight, records, now)
        case .deliveryFailed(let failure, let flight): deliveryFailed(failure, flight, now)
        case .flightsLost(let failure): flightsLost(failure)
        case .commitEnded(let failure, let serial): commitEnded(failure, serial, now)
        case .transactionEnded(let call, let failure): transactionEnded(call, failure, now)
        case .published(let manifest): published(manifest)
        case .headReady(let head, let bytes): headReady(head, bytes: bytes, now)
        case .headRefused(let head, let reason): headRefused(head, reason)
        case .headNotFetched(let head): headNotFetched(head, now)
        case .cutover(let record, let offset): learned(record, at: offset)
        case .move(let move, let offset): learned(move, at: offset)
        case .checkpoint(let checkpoint, let offset): learned(checkpoint, at: offset)
        case .controlRead(let offset): controlRead(below: offset)
        case .controlEnd(let end, let serial): controlEnd(end, serial)
        case .controlEnds(let end): control.reader.ends(at: end)
        case .drain: drain(now)
        case .stop: stop(now)
        case .tick: break
        }
    }

    /// What follows from where things stand, whatever the event was.
    private mutating func step(_ now: Moment) {
        guard phase != .ended else { return }
        retryUnreached(now)
        askForPositions(now)
        retryCrowded(now)
        askForAnswers(now)
        askControlEnd()
        watchReader(now)
        watchLeaders(now)
        publishAndCommit(now)
        sayLosses(now)
        holdOrLetGo(now)
        close(now)
    }

    /// Ends here.
    mutating func fail(_ text: String) {
        guard phase != .ended else { return }
        phase = .ended
        forgetLanes()
        actions.append(.failed(text))
    }

    // MARK: What others may ask

    /// Whether no partition is owned, and nothing of one is left to do.
    package var ownsNothing: Bool { if case .idle = phase { true } else { false } }

    /// Whether the broker should be polled now: for records, or for what the group wants while nothing else can be taken.
    package var wantsPoll: Bool {
        switch phase {
        case .idle: true
        case .working: hasRoom || isHeld || ending != nil
        case .locating, .closing, .ended: false
        }
    }

    /// Whether the work of a lane is still wanted.
    package func isCurrent(_ lane: LaneID) -> Bool {
        lane.generation == generation && lanes[lane.partition] != nil
    }

    /// Whether records are on their way to the broker.
    package var hasFlights: Bool { !publishing.flights.isEmpty }

    /// Records that were taken and are not committed yet, those that wait included.
    package var recordsHeld: Int { held.handedOn + held.waiting }

    /// How far each lane is: records handed on, and those among them that are committed.
    package var progress: [(lane: LaneID, handedOn: Int, committed: Int)] {
        lanes.sorted { $0.key < $1.key }.map {
            ($0.value.id, $0.value.nextOrdinal, $0.value.committedOrdinals)
        }
    }

    /// The partitions as a heartbeat names them; it has room for so many.
    package var partitions: [WorkerStatus.Partition] {
        lanes.sorted { $0.key < $1.key }.prefix(RecordBounds.partitions).map { number, lane in
            WorkerStatus.Partition(
                partition: number, position: lane.position,
                head: (settings.frozenHead?.label ?? lane.timeline.head(stream: "")?.label),
                blocked: lane.blocked)
        }
    }
}
