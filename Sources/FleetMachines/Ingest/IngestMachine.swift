/// An ingest without its surroundings: which shard goes to which partition and when, what is confirmed, and when to give up.
/// Pure: an event in, the actions that follow out. No thread, clock, lock or broker.
///
/// The promise:
///
/// 1. A shard is sent when its partition's backlog, with it, stays within the bound, or there is none; it counts from before it is sent until
///    an offset above it is committed. On the embedded broker, which silently drops what exceeds 5 MB a partition, this is
///    what loses nothing; on a real broker it bounds how far ingest runs ahead of the fleet.
/// 2. What is not sent, or did not arrive, no longer counts.
/// 3. Every offer is answered: the shard is sent, or its stream is told to give up. Every shard that was sent is confirmed,
///    or failed, or counted in the reason why the ingest ended.
/// 4. A stop, a failure, or a broker that answers nothing for ``IngestSettings/silenceMs`` ends every wait for room. Once the
///    streams have ended, what is then on its way is waited for only while the broker confirms something every
///    ``IngestSettings/stopMs``.
package struct IngestMachine: Sendable {
    /// A shard between its offer and what became of it.
    struct Flight: Sendable {
        let bytes: Int
        let images: Int
        let first: Int
        let offeredMs: Int64
        /// Where its room is reserved, once there was room.
        var partition: Int?
    }

    let settings: IngestSettings
    var meters: [BacklogMeter]
    var flights: [UInt64: Flight] = [:]
    /// Those that wait for room in a partition, in the order in which they were offered.
    var waiting: [UInt64] = []
    /// Those that wait for room in the client library; their room in the partition stays reserved.
    var held: [UInt64] = []
    /// Shards that their streams were told to give up, and their images.
    var givenUp = (shards: 0, images: 0)
    var questions: IngestQuestions
    /// When a shard was confirmed last.
    var confirmedAtMs: Int64

    /// Since when everything is to end: a stop, or the first failure.
    var endingSinceMs: Int64?
    var isStopped = false
    /// Since when no stream offers anything.
    var closedAtMs: Int64?
    var hasEnded = false
    var actions: [IngestAction] = []

    /// Why the ingest fails: the first reason there was.
    package internal(set) var failure: String?
    /// What was confirmed so far.
    package internal(set) var counts = IngestCounts()

    /// An ingest into partitions of which offsets below `committed` are done and below `end` exist.
    package init(
        _ settings: IngestSettings, partitions: [(committed: Int64, end: Int64)], at now: Moment
    ) {
        precondition(!partitions.isEmpty, "a topic has at least one partition")
        self.settings = settings
        meters = partitions.map {
            BacklogMeter(recordBytesMax: settings.recordBytesMax, committed: $0.committed, end: $0.end)
        }
        questions = IngestQuestions(askAtMs: now.steadyMs + settings.askMs, progressAtMs: now.steadyMs)
        confirmedAtMs = now.steadyMs
    }

    /// Takes an event of `now`; returns what to do, in order.
    package mutating func handle(_ event: IngestEvent, at now: Moment) -> [IngestAction] {
        defer { actions.removeAll(keepingCapacity: true) }
        guard !hasEnded else {
            // Too late, but answered.
            switch event {
            case .offered(let flight, _, _, _), .queueFull(let flight): giveUp(flight)
            default: break
            }
            return actions
        }
        take(event, now)
        step(now)
        return actions
    }

    private mutating func take(_ event: IngestEvent, _ now: Moment) {
        switch event {
        case .offered(let flight, let bytes, let images, let first):
            offered(flight, Flight(bytes: bytes, images: images, first: first, offeredMs: now.steadyMs), now)
        case .queueFull(let flight): queueFull(flight)
        case .roomAgain: resend()
        case .refused(let flight, let text), .deliveryFailed(let flight, let text): lost(flight, text, now)
        case .delivered(let flight, let offset): delivered(flight, offset, now)
        case .committed(let offsets): committed(offsets, now)
        case .end(let end, let partition): ended(partition, at: end, now)
        case .noAnswer(let question): notAnswered(question, now)
        case .stop:
            isStopped = true
            endingSinceMs = endingSinceMs ?? now.steadyMs
        case .closed: closedAtMs = closedAtMs ?? now.steadyMs
        // Room in the client library may have come before the word that there was none.
        case .tick: resend()
        }
    }

    /// What follows from where things stand, whatever the event was.
    private mutating func step(_ now: Moment) {
        giveUpOnSilence(now)
        if endingSinceMs != nil { for flight in waiting + held { giveUp(flight) } }
        sendWaiting(now)
        ask(now)
        endIfSettled(now)
    }

    // MARK: Ending

    /// Notes the first failure.
    mutating func fail(_ text: String, _ now: Moment) {
        failure = failure ?? text
        endingSinceMs = endingSinceMs ?? now.steadyMs
    }

    private mutating func giveUpOnSilence(_ now: Moment) {
        let seconds = settings.silenceMs / 1_000
        if !waiting.isEmpty, now.steadyMs - questions.progressAtMs >= settings.silenceMs {
            fail(
                "cannot read the workers' progress: no answer from the broker for \(seconds) s; "
                    + "ingest was waiting for room", now)
        }
        // A confirmation is an answer, too.
        let answeredMs = max(questions.progressAtMs, confirmedAtMs)
        if !held.isEmpty, now.steadyMs - answeredMs >= settings.silenceMs {
            fail(
                "cannot send: no answer from the broker for \(seconds) s, and the client library's queue is full",
                now)
        }
    }

    private mutating func endIfSettled(_ now: Moment) {
        guard let closedAtMs else { return }
        if !flights.isEmpty {
            guard let endingSinceMs,
                now.steadyMs - max(endingSinceMs, closedAtMs, confirmedAtMs) >= settings.stopMs
            else { return }
            failure = failure ?? unconfirmedText
        }
        hasEnded = true
        actions.append(failure.map { .failed($0) } ?? .done)
    }

    private var unconfirmedText: String {
        let images = flights.values.reduce(givenUp.images) { $0 + $1.images }
        let shards = flights.count + givenUp.shards
        return "stopped: the broker has confirmed nothing for \(settings.stopMs / 1_000) s; "
            + "images: \(counts.images) confirmed, \(images) not; "
            + "shards: \(counts.shards) confirmed, \(shards) not"
    }

    // MARK: What others may ask

    /// Bytes not committed yet, all partitions together, those that are being sent included.
    package var backlogBytes: Int { meters.reduce(0) { $0 + $1.bytes } }

    /// Shards that were offered and of which it is not known yet what becomes of them.
    package var shardsOpen: Int { flights.count }
}

/// What an ingest is told at its start.
package struct IngestSettings: Sendable {
    /// Most bytes of a partition that the workers have not committed; `nil` for no bound.
    package var backlogBytesMax: Int?
    /// Largest record that the deployment allows, bytes.
    package var recordBytesMax: Int
    /// Time between questions about the workers' progress, milliseconds.
    package var askMs: Int64
    /// Nobody waits for room when the broker has answered nothing for so long, milliseconds.
    package var silenceMs: Int64 = 60_000
    /// After a stop or a failure, longest time between confirmations, milliseconds.
    package var stopMs: Int64 = 5_000

    /// Settings with their defaults.
    package init(backlogBytesMax: Int?, recordBytesMax: Int) {
        self.backlogBytesMax = backlogBytesMax
        self.recordBytesMax = recordBytesMax
        // Without a bound nobody waits for the answer.
        askMs = backlogBytesMax == nil ? 500 : 50
    }
}

/// What an ingest has achieved.
package struct IngestCounts: Sendable, Hashable {
    /// Images whose shard the broker confirmed.
    package internal(set) var images: Int64 = 0
    /// Shards likewise.
    package internal(set) var shards: Int64 = 0
    /// Bytes of those shards' records.
    package internal(set) var bytes: Int64 = 0
    /// Time that shards waited for room in a partition, milliseconds.
    package internal(set) var pacedMs: Int64 = 0
}
