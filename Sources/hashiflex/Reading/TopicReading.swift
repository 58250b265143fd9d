import Kafka
import Threads

/// Reads partitions of one topic, and ends by itself when the leader of one is out of reach.
///
/// Use from one thread.
final class TopicReading {
    private let link: Connection
    private let topic: String
    private let consumer: KafkaConsumer
    private var watch: ReadingWatch
    private var transactions = OpenTransactionWatch()
    private var ends = PassedEnds()
    /// The end that the last message has passed.
    private var passed: ConsumerEvent?
    /// Where each partition is read from, until it has brought something.
    private var starts: [Int32: StartOffset]
    /// What each partition is to bring next.
    private var nextOffsets: [Int32: Int64] = [:]
    private var checkAtMs: Int64 = 0
    private var listenedMs: Int64

    /// How often it is looked at, milliseconds: records may come in millions.
    private static let checkMs: Int64 = 1_000
    /// How long each question for open transactions may take, milliseconds.
    private static let askingMs: Int32 = 3_000
    /// How long it may take to say where a partition begins and ends, milliseconds.
    private static let extentMs: Int32 = 5_000

    /// What may wait in the library while a whole topic is read, KiB: a second of records at 64 MiB/s. The library's default
    /// holds 256 MiB, which would be most of what such a command needs.
    private static let queueKilobytes = 65_536

    /// How a topic is read from one end to the other.
    static func wholeTopic(_ reset: OffsetReset) -> ConsumerOptions {
        var options = ConsumerOptions(offsetReset: reset, reportsPartitionEnd: true)
        options.queueKilobytes = queueKilobytes
        return options
    }

    /// Starts reading.
    init(
        _ link: Connection, _ topic: String, _ partitions: [Int32], from start: StartOffset = .beginning,
        _ options: ConsumerOptions
    ) throws {
        self.link = link
        self.topic = topic
        let now = Clock.steadyMs
        listenedMs = now
        watch = ReadingWatch(partitions, limitMs: link.answerMs, nowMs: now)
        consumer = try KafkaConsumer(link.kafka, groupID: nil, options: options)
        starts = Dictionary(partitions.map { ($0, start) }) { first, _ in first }
        try assign()
    }

    /// Reads these from their beginning as well; the others go on where they are.
    func add(_ partitions: [Int32]) throws {
        for partition in partitions where starts[partition] == nil {
            starts[partition] = .beginning
            watch.heard(partition, nowMs: Clock.steadyMs)
        }
        try assign()
    }

    private func assign() throws {
        try consumer.assign(
            starts.sorted { $0.key < $1.key }.map { partition, start in
                (
                    TopicPartition(topic: topic, partition: partition),
                    nextOffsets[partition].map { .offset($0) } ?? start
                )
            })
    }

    deinit { _ = consumer.close() }

    /// The next event, if one comes within `timeoutMs`. The end of a partition is also told when all was read that was there at the
    /// beginning, however much has come since.
    ///
    /// - Throws: `CommandError` 69 that names partitions and addresses when a leader does not answer for
    ///   ``Connection/answerMs``; 75 when all answer, and none sends anything.
    func next(timeoutMs: Int32) throws -> ConsumerEvent? {
        if let passed {
            self.passed = nil
            return passed
        }
        let awayMs = Clock.steadyMs - listenedMs
        if awayMs >= Self.checkMs { watch.passOver(milliseconds: awayMs) }
        let event = consumer.poll(timeoutMs: timeoutMs)
        defer { listenedMs = Clock.steadyMs }
        let now = Clock.steadyMs
        if let event { transactions.follow(event) }
        switch event {
        case .message(let message):
            watch.heard(message.partition, nowMs: now)
            nextOffsets[message.partition] = message.offset + 1
            let place = message.topicPartition
            if ends.pass(place, offset: message.offset, steadyMs: now, consumer.knownEnd) {
                passed = .partitionEnd(place, message.offset + 1)
            }
        case .partitionEnd(let place, let end):
            watch.ended(place.partition, nowMs: now)
            nextOffsets[place.partition] = end
        case .error, .assigned, .revoked, nil: break
        }
        // Also while others send: one whose leader is away would be waited for until they end.
        if now >= checkAtMs {
            checkAtMs = now + Self.checkMs
            for line in transactions.news(steadyMs: now, wallMs: Clock.wallMs, consumer.knownEnd) {
                Terminal.complain(line)
            }
            try check(now)
        }
        return event
    }

    /// Says which partitions go on behind the end that was read to: what is in an open transaction was not read.
    func sayHeldBack() {
        let held = transactions.held(consumer.knownEnd)
        guard !link.isEmbedded, !held.isEmpty, let probe = try? OpenTransactionProbe(link.kafka),
            let found = try? probe.find(held, timeoutMs: Self.askingMs)
        else { return }
        let now = Clock.wallMs
        // One that began in the future did so by another clock.
        for transaction in found
        where transaction.sinceMs ?? .max > now
            || transaction.ageMs(nowMs: now) ?? .max >= OpenTransactionWatch.quietMs
        {
            Terminal.complain("\(transaction.text(nowMs: now)), and not among what was read")
        }
    }

    /// Why a partition does not go on, of which the library says that there is nothing at the place to be read: 1 when that is
    /// gone, else 75.
    func lost(_ error: KafkaError) -> CommandError {
        guard let partition = error.partition else { return CommandError(Exit.mismatch, "\(error)") }
        let place = LostPlace(
            partition, next: nextOffsets[partition.partition],
            extent: try? consumer.watermarks(partition, timeoutMs: Self.extentMs))
        let isGone =
            switch place.cause {
            case .deleted, .cutOff: true
            case .unheard, .unknown: false
            }
        return CommandError(isGone ? Exit.mismatch : Exit.late, place.text(error))
    }

    private func check(_ now: Int64) throws {
        let overdue = watch.overdue(nowMs: now)
        guard !overdue.isEmpty else { return }
        let silent = link.silentLeaders(topic, overdue)
        guard silent.isEmpty else {
            throw Connection.unreachable(topic, silent, silentMs: link.answerMs)
        }
        guard !watch.isSilent(nowMs: now) else {
            throw CommandError(
                Exit.late,
                "topic \(topic) could not be read to its end: nothing came for \(link.answerMs / 1_000) s, though the "
                    + "leaders answer; see doctor")
        }
        watch.answered(overdue, nowMs: Clock.steadyMs)
    }
}
