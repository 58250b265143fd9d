import Kafka
import PipelineMessages
import Threads

extension DoctorCommand {
    /// How long each question for open transactions may take, milliseconds.
    private static let askingMs: Int32 = 5_000

    /// Whether readers of shards, predictions or receipts stand still behind a transaction; an embedded broker knows none.
    func transactions(_ link: Connection) throws -> [DoctorCheck] {
        guard !link.isEmbedded else { return [] }
        var places: [TopicPartition] = []
        var unseen: [String] = []
        for name in TransactionReview.looked(link.topics) {
            // Why one can not be seen is said of the topic.
            guard let topic = try? link.topic(name) else {
                unseen.append(name)
                continue
            }
            places += topic.partitions.map { TopicPartition(topic: name, partition: $0.id) }
        }
        do throws(KafkaError) {
            let found = try OpenTransactionProbe(link.kafka).look(places, timeoutMs: Self.askingMs)
            return TransactionReview(
                found.open, topics: link.topics, nowMs: brokerMs(link, beside: found.open), unseen: unseen,
                silent: found.silent
            ).checks
        } catch {
            return [.unknown("open transactions", "\(error)")]
        }
    }

    /// The time by the broker's clock, which stamps records, where a heartbeat that comes tells it; else by this machine's.
    private func brokerMs(_ link: Connection, beside open: [OpenTransaction]) -> Int64 {
        guard !open.isEmpty,
            let snapshot = try? FleetSnapshot.readIfAllowed(link, listeningFor: [.worker, .coordinator])
        else { return Clock.wallMs }
        return snapshot.heartbeats.brokerMs(at: .now) ?? Clock.wallMs
    }
}
