import Kafka
import PipelineMessages
import Threads

/// Reads the predictions topic from its beginning, all partitions.
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
    private let partitions: Int

    init(_ link: Connection, from start: StartOffset = .beginning) throws {
        partitions = try link.topic(link.topics.predictions).partitions.count
        reading = try TopicReading(
            link, link.topics.predictions, (0..<Int32(partitions)).map { $0 }, from: start,
            TopicReading.wholeTopic(.error))
    }

    /// Whether every partition's end was reached once, whatever has come since: a fleet that goes on publishing would not let a
    /// reader end that wants all of them at their end at once.
    var hasSeenEnd: Bool { endsSeen.count == partitions }

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
