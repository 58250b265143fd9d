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
///    ``IngestSettings/stopMs``; after a stop, whatever confirms, for ``IngestSettings/endMs`` at most, and no longer for the
///    streams. After a failure the streams are waited for while anything is on its way, and then for
///    ``IngestSettings/stopMs``.
/// 5. A broker that confirms nothing, or slowly, is not waited for in silence (``IngestSettings/quietMs``).
/// 6. However it ends, ``account`` says what is confirmed, what is not, and from which image of each stream on to send again.
package struct IngestMachine: Sendable {
    /// A shard between its offer and what became of it.
    struct Flight: Sendable {
        let bytes: Int
        let images: Int
        let first: Int
        let origin: IngestOrigin
        let offeredMs: Int64
        /// Where its room is reserved, once there was room.
        var partition: Int?
        /// Since when it waits to be confirmed, once it was handed over.
        var sentMs: Int64?
    }

    let settings: IngestSettings
    var meters: [BacklogMeter]
    var flights: [UInt64: Flight] = [:]
    /// Those that wait for room in a partition, in the order in which they were offered.
    var waiting: [UInt64] = []
    /// Those that wait for room in the client library; their room in the partition stays reserved.
    var held: [UInt64] = []
    /// Shards that were given up or did not arrive, and their images; and images that were never offered.
    var unsent = Unsent()
    var questions: IngestQuestions
    var link = LinkWatch()
    var additions: AddedPartitions
    /// When a shard was confirmed last.
    var confirmedAtMs: Int64

    /// Since when everything is to end: a stop, or the first failure.
    var endingSinceMs: Int64?
    /// Since when somebody wants the end.
    var stoppedAtMs: Int64?
    var isWindingDown = false
    /// Since when no stream offers anything.
    var closedAtMs: Int64?
    var hasEnded = false
    var actions: [IngestAction] = []

    /// Why the ingest fails: the first reason there was.
    package private(set) var failure: String?
    /// Whether somebody had asked for the end when it failed.
    package private(set) var failedAfterStop = false
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
        additions = AddedPartitions(countAtMs: now.steadyMs + settings.partitionsMs)
        confirmedAtMs = now.steadyMs
    }

    /// Takes an event of `now`; returns what to do, in order.
    package mutating func handle(_ event: IngestEvent, at now: Moment) -> [IngestAction] {
        defer { actions.removeAll(keepingCapacity: true) }
        guard !hasEnded else {
            comesTooLate(event, now)
            return actions
        }
        take(event, now)
        step(now)
        return actions
    }

    /// What comes after the end is answered, and counted as not sent.
    private mutating func comesTooLate(_ event: IngestEvent, _ now: Moment) {
        switch event {
        case .offered(let flight, let bytes, let images, let first, let origin):
            flights[flight] = Flight(
                bytes: bytes, images: images, first: first, origin: origin, offeredMs: now.steadyMs)
            giveUp(flight)
        case .queueFull(let flight): giveUp(flight)
        case .unsent(let images): unsent.images += images
        default: break
        }
    }

    private mutating func take(_ event: IngestEvent, _ now: Moment) {
        switch event {
        case .offered(let flight, let bytes, let images, let first, let origin):
            let shard = Flight(
                bytes: bytes, images: images, first: first, origin: origin, offeredMs: now.steadyMs)
            offered(flight, shard, now)
        case .queueFull(let flight): queueFull(flight)
        case .roomAgain: resend()
        case .refused(let flight, let text), .deliveryFailed(let flight, let text): lost(flight, text, now)
        case .delivered(let flight, let offset): delivered(flight, offset, now)
        case .unsent(let images): unsent.images += images
        case .committed(let offsets): committed(offsets, now)
        case .end(let end, let partition): ended(partition, at: end, now)
        case .partitionCount(let count): counted(count, now)
        case .start(let committed, let end, let partition):
            started(partition, committed: committed, end: end, now)
        case .noAnswer(let question): notAnswered(question, now)
        case .stop:
            stoppedAtMs = stoppedAtMs ?? now.steadyMs
            endingSinceMs = endingSinceMs ?? now.steadyMs
        case .windDown:
            isWindingDown = true
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
        lookAtLink(now)
        ask(now)
        endIfSettled(now)
    }

    // MARK: Ending

    /// Notes the first failure.
    mutating func fail(_ text: String, _ now: Moment) {
        endingSinceMs = endingSinceMs ?? now.steadyMs
        guard failure == nil else { return }
        failure = text
        failedAfterStop = stoppedAtMs != nil
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
        if let stoppedAtMs, now.steadyMs - stoppedAtMs >= settings.endMs {
            return end("not everything was confirmed within \(settings.endMs / 1_000) s", now)
        }
        guard let closedAtMs else { return endWithoutStreams(now) }
        guard !flights.isEmpty else { return end("what waited was not sent", now) }
        guard let endingSinceMs,
            now.steadyMs - max(endingSinceMs, closedAtMs, confirmedAtMs) >= settings.stopMs
        else { return }
        end("the broker has confirmed nothing for \(settings.stopMs / 1_000) s", now)
    }

    /// After a failure, streams whose sources hear of nothing are not waited for once nothing is on its way. After a stop
    /// there is ``IngestSettings/endMs``.
    private mutating func endWithoutStreams(_ now: Moment) {
        guard let endingSinceMs, stoppedAtMs == nil, flights.isEmpty,
            now.steadyMs - max(endingSinceMs, confirmedAtMs) >= settings.stopMs
        else { return }
        end("what waited was not sent", now)
    }

    private mutating func end(_ reason: String, _ now: Moment) {
        if !account.isComplete { fail("stopped: \(reason)", now) }
        hasEnded = true
        actions.append(failure.map { .failed($0) } ?? .done)
    }

    // MARK: What others may ask

    /// Bytes not committed yet, all partitions together, those that are being sent included; without a bound, of own records
    /// only the latter.
    package var backlogBytes: Int { meters.reduce(0) { $0 + $1.bytes } }

    /// How many partitions are used, from 0 on.
    package var partitionCount: Int { meters.count }

    /// Shards that were offered and of which it is not known yet what becomes of them.
    package var shardsOpen: Int { flights.count }
}
