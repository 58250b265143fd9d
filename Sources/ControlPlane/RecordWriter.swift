public import Kafka
import PipelineMessages
import Synchronization
public import Threads

/// Writes small records and waits until the broker has them.
public final class RecordWriter: Sendable {
    private let kafka: KafkaConfiguration
    let stop: Signal
    private let made: Mutex<KafkaProducer>
    /// The tag of the next record; deliveries of a call that timed out come late and are told apart by it.
    private let nextTag = Mutex<UInt64>(0)
    /// Since when nothing was acknowledged that was written.
    private let silent = Mutex<(sinceMs: Int64?, turns: NodeTurns)>((nil, NodeTurns()))
    /// Without any acknowledgement for so long the leaders are asked for at another node, milliseconds.
    static let silentMs: Int64 = 6_000
    /// Time until what failed at once is tried again, milliseconds.
    static let againMs: Int64 = 200
    /// Topics whose leaders are known; librdkafka holds the first record of any other for up to a second.
    private let knownTopics = Mutex<Set<String>>([])

    /// Connects on first use.
    ///
    /// - Parameter stop: Ends calls early that name no signal of their own.
    public init(_ kafka: KafkaConfiguration, until stop: Signal = Signal()) throws(KafkaError) {
        self.kafka = kafka
        self.stop = stop
        made = Mutex(try Self.producer(kafka))
    }

    private static func producer(_ kafka: KafkaConfiguration) throws(KafkaError) -> KafkaProducer {
        var options = ProducerOptions()
        options.isRenewable = true
        return try KafkaProducer(kafka, options: options)
    }

    /// Whether a call that names this signal, or none, is told to end.
    func isStopped(_ stop: Signal?) -> Bool { (stop ?? self.stop).isSet }

    private var producer: KafkaProducer { made.withLock { $0 } }

    /// One record to write.
    public struct Record: Sendable {
        let topic: String
        let partition: Int32
        let key: [UInt8]
        let value: [UInt8]
        let headers: [(String, [UInt8])]

        /// A record for one partition.
        public init(
            topic: String, partition: Int32 = 0, key: [UInt8], value: [UInt8],
            headers: [(String, [UInt8])] = []
        ) {
            self.topic = topic
            self.partition = partition
            self.key = key
            self.value = value
            self.headers = headers
        }
    }

    /// Writes records in order and waits for all of them, no longer than `timeoutMs` in all but for a second a call.
    ///
    /// - Parameters:
    ///   - isRepeatable: Whether what is not acknowledged for 6 s may be written once more, by way of another node: the first copy
    ///     may arrive as well.
    ///   - stop: Once it is set, records are waited for no longer than 2 s more, and no other node is asked. By default that of the
    ///     writer.
    /// - Returns: the offset of each; -1 where the broker did not say, after a repeated request.
    /// - Throws: the first delivery's error, or a time-out, also when it was told to stop; some records may have been written.
    public func write(
        _ records: [Record], timeoutMs: Int64 = 30_000, isRepeatable: Bool = true, until stop: Signal? = nil
    ) throws(KafkaError) -> [Int64] {
        let stop = stop ?? self.stop
        let result = nextTag.withLock { tag in
            defer { tag += UInt64(records.count) }
            return Result { () throws(KafkaError) in
                let beganMs = Clock.steadyMs
                do throws(KafkaError) {
                    let offsets = try write(records, firstTag: tag, timeoutMs: timeoutMs, isRepeatable, stop)
                    silent.withLock { $0.sinceMs = nil }
                    return offsets
                } catch {
                    // Nobody repeats the call.
                    if stop.isSet { throw error }
                    leaveSilence(error, beganMs)
                    throw renewed(after: error)
                }
            }
        }
        return try result.get()
    }

    /// Makes the producer anew where an interruption has made it useless; whoever repeats the call writes with the new one.
    private func renewed(after error: KafkaError) -> KafkaError {
        guard error.isFatal, !error.isPermanent, let fatal = producer.fatalError, !fatal.isPermanent,
            let new = try? Self.producer(kafka)
        else { return error }
        replace(by: new)
        return KafkaError(
            code: KafkaError.Code.purgedInFlight,
            doing: "the producer was of no further use and is made anew",
            detail: error.description, isRetriable: true)
    }

    /// Goes on with a producer that asks another node for the leaders, when nothing was acknowledged for long: the one that is
    /// asked now may be cut off from its peers. What is still on its way is lost; whoever repeats the call writes it again.
    private func leaveSilence(_ error: KafkaError, _ beganMs: Int64) {
        guard error.isRetriable || error.code == KafkaError.Code.messageTimedOut else { return }
        let isLong = silent.withLock { silent in
            let sinceMs = silent.sinceMs ?? beganMs
            silent.sinceMs = sinceMs
            return Clock.steadyMs - sinceMs >= Self.silentMs
        }
        if isLong, let new = another() { replace(by: new) }
    }

    /// A producer that asks the next node first for the leaders; `nil` where there is only one.
    private func another() -> KafkaProducer? {
        var turns = silent.withLock { silent in
            silent.sinceMs = nil
            return silent.turns
        }
        guard let asking = turns.next(kafka), let new = try? Self.producer(asking) else { return nil }
        silent.withLock { $0 = (nil, turns) }
        return new
    }

    private func replace(by new: KafkaProducer) {
        let old = made.withLock { made in
            defer { made = new }
            return made
        }
        // Ended here, outside of the lock.
        _ = old
        knownTopics.withLock { $0 = [] }
    }

    /// Writes one record; returns its offset.
    @discardableResult
    public func write(
        _ record: Record, timeoutMs: Int64 = 30_000, isRepeatable: Bool = true, until stop: Signal? = nil
    ) throws(KafkaError) -> Int64 {
        try write([record], timeoutMs: timeoutMs, isRepeatable: isRepeatable, until: stop)[0]
    }

    private func write(
        _ records: [Record], firstTag: UInt64, timeoutMs: Int64, _ isRepeatable: Bool, _ stop: Signal
    ) throws(KafkaError) -> [Int64] {
        let deadline = Clock.steadyMs + timeoutMs
        /// What a further wait may take.
        func leftMs() -> Int64 { max(Self.callMsLeast, deadline - Clock.steadyMs) }
        /// What a further question may take: nobody can end it early.
        func askMs() -> Int64 { min(leftMs(), Self.answerMs) }
        // Nothing is sent yet: it may be asked as often as one likes.
        let patience = Patience().atMost(milliseconds: timeoutMs).until(stop)
        for topic in Set(records.map(\.topic)) where !knownTopics.withLock({ $0.contains(topic) }) {
            _ = try patience.wait(
                for: "the leaders of topic \(topic)", callMs: Int32(clamping: askMs()), mayBeUnheard: true
            ) { left throws(KafkaError) in
                try producer.partitionCount(of: topic, timeoutMs: left)
            }
            knownTopics.withLock { _ = $0.insert(topic) }
        }
        var offsets = [Int64?](repeating: nil, count: records.count)
        /// What is to be handed to the library, and was not yet: its queue may hold less than all.
        var waiting = ArraySlice(records.indices)
        // Leaders that were found late are not to no purpose.
        var untilMs = Clock.steadyMs + leftMs()
        var heardMs = Clock.steadyMs
        while offsets.contains(nil) {
            while let index = waiting.first,
                try produce(records[index], tag: firstTag + UInt64(index), timeoutMs: askMs())
            {
                waiting.removeFirst()
            }
            if stop.isSet { untilMs = min(untilMs, Clock.steadyMs + Self.endingMs) }
            let silentMs = Self.silentMs(
                afterBytes: records.indices.reduce(0) { sum, index in
                    offsets[index] == nil ? sum + records[index].value.count : sum
                })
            if isRepeatable, !stop.isSet, Clock.steadyMs - heardMs >= silentMs {
                heardMs = Clock.steadyMs
                if let new = another() {
                    replace(by: new)
                    waiting = ArraySlice(records.indices.filter { offsets[$0] == nil })
                    continue
                }
            }
            guard Clock.steadyMs < untilMs else {
                throw KafkaError(
                    code: KafkaError.Code.timedOut, doing: "cannot write to \(records[0].topic)",
                    detail: stop.isSet ? "told to stop" : nil)
            }
            for delivery in producer.poll(timeoutMs: 50) {
                guard delivery.tag >= firstTag else { continue }
                if let error = delivery.error { throw error }
                offsets[Int(delivery.tag - firstTag)] = delivery.offset ?? -1
                heardMs = Clock.steadyMs
            }
        }
        return offsets.map { $0 ?? 0 }
    }

    /// How long a node is asked before it is seen whether there is time to ask again, milliseconds: nobody can end a question early.
    private static let answerMs: Int64 = 5_000
    /// How long what was sent is waited for when the caller ends, milliseconds.
    private static let endingMs: Int64 = 2_000
    /// What a call may take although the time is over, milliseconds.
    private static let callMsLeast: Int64 = 1_000
    /// How often a topic is asked about when it lacks a partition.
    private static let countsMax = 5

    /// Slower links than this are not told from nodes that are silent, bytes a second.
    private static let slowLinkBytes = 65_536

    /// For how long a node may be silent while so much is on its way: what goes out in one batch is acknowledged as one.
    static func silentMs(afterBytes bytes: Int) -> Int64 {
        silentMs + Int64(min(bytes, batchBytes)) * 1_000 / Int64(slowLinkBytes)
    }

    /// Most bytes of one batch, as the client library has it.
    private static let batchBytes = 1_000_000

    /// Hands a record to the library; false where its queue has no room now.
    private func produce(_ record: Record, tag: UInt64, timeoutMs: Int64) throws(KafkaError) -> Bool {
        var attempt = 0
        while true {
            attempt += 1
            do throws(KafkaError) {
                try producer.produce(
                    topic: record.topic, partition: record.partition, key: record.key, value: record.value,
                    headers: record.headers, tag: tag)
                return true
            } catch {
                if error.code == KafkaError.Code.queueFull { return false }
                // It may have been added since the topic was asked about; asking tells the client.
                guard error.code == KafkaError.Code.unknownPartition, attempt < Self.countsMax,
                    try producer.partitionCount(of: record.topic, timeoutMs: Int32(clamping: timeoutMs))
                        > record.partition
                else { throw error }
            }
        }
    }
}
