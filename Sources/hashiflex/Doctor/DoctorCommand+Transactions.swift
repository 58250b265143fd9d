import Kafka
import PipelineMessages
import Threads

extension DoctorCommand {
    /// How long each question for open transactions may take, milliseconds.
    private static let askingMs: Int32 = 5_000

    /// Whether readers of shards, predictions or receipts stand still behind a transaction; an embedded broker knows none.
    func transactions(_ link: Connection) throws -> [DoctorCheck] {
        guard !link.isEmbedded else { return [] }
        let places = [link.topics.shards, link.topics.predictions, link.topics.receipts].flatMap { name in
            ((try? link.topic(name).partitions) ?? []).map { TopicPartition(topic: name, partition: $0.id) }
        }
        do throws(KafkaError) {
            let found = try OpenTransactionProbe(link.kafka).find(places, timeoutMs: Self.askingMs)
            return TransactionReview(found, topics: link.topics, nowMs: Clock.wallMs).checks
        } catch {
            return [.unknown("open transactions", "\(error)")]
        }
    }
}
