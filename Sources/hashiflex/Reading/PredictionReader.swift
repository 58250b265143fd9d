import Kafka
import PipelineMessages
import Threads

/// Reads the predictions topic from its beginning, all partitions or one.
final class PredictionReader {
    /// One step of reading.
    enum Step {
        /// A record and its bytes.
        case record(Prediction, [UInt8])
        /// A record that is not a prediction.
        case unreadable(String)
        /// Nothing for now.
        case idle
    }

    private let reading: TopicReading
    private var endsSeen: Set<Int32> = []
    private let link: Connection
    /// How many are read: all, or one.
    private var partitions: Int
    private var lookAtMs = Clock.steadyMs + lookMs
    private lazy var admin = try? KafkaAdmin(link.kafka)

    /// How often it is looked for partitions that were added, milliseconds, and how long that may take.
    private static let lookMs: Int64 = 10_000
    private static let answerMs: Int32 = 2_000

    init(_ link: Connection, from start: StartOffset = .beginning, only partition: Int32? = nil) throws {
        self.link = link
        let count = try link.topic(link.topics.predictions).partitions.count
        let chosen = partition.map { [$0] } ?? (0..<Int32(count)).map { $0 }
        partitions = chosen.count
        reading = try TopicReading(
            link, link.topics.predictions, chosen, from: start, TopicReading.wholeTopic(.error))
    }

    /// Whether all was read that was there at the beginning, whatever has come since: a fleet that goes on publishing would not let a
    /// reader end that wants all of it.
    var hasSeenEnd: Bool { endsSeen.count == partitions }

    /// Takes partitions that were added to the topic, from their beginning; looks for them now and then. Of a reader of all.
    ///
    /// - Returns: How many there are, where some were added.
    func takeAdded() throws -> Int? {
        guard Clock.steadyMs >= lookAtMs else { return nil }
        defer { lookAtMs = Clock.steadyMs + Self.lookMs }
        let count = try? admin?.partitionCount(of: link.topics.predictions, timeoutMs: Self.answerMs)
        guard let count, count > partitions else { return nil }
        try reading.add((Int32(partitions)..<Int32(count)).map { $0 })
        partitions = count
        return count
    }

    /// Says which partitions go on behind the end that was read to, in a transaction that is open.
    func sayHeldBack() { reading.sayHeldBack() }

    /// The next record, if one comes within `timeoutMs`.
    ///
    /// - Throws: As ``TopicReading/next(timeoutMs:)``; `CommandError` as well when what was to be read next is not there, and why.
    func next(timeoutMs: Int32) throws -> Step {
        switch try reading.next(timeoutMs: timeoutMs) {
        case .message(let message):
            let bytes = message.payload
            do throws(RecordError) {
                return .record(try Prediction(json: bytes), bytes)
            } catch {
                return .unreadable("\(message.topic)/\(message.partition)@\(message.offset): \(error)")
            }
        case .partitionEnd(let tp, _):
            endsSeen.insert(tp.partition)
            return .idle
        case .error(let error):
            if error.code == KafkaError.Code.noOffsetToResetTo { throw reading.lost(error) }
            if error.isFatal { throw error }
            return .idle
        case .assigned, .revoked, nil: return .idle
        }
    }
}
