import FleetMachines
import Kafka
import PipelineMessages
import Threads

/// Asks one node after the other where the control topic ends while this coordinator leads, and all of them where shards end that
/// should go further, on a thread of its own.
///
/// The reader of the topic, and every other client that lives for long, may go on asking a node that is cut off from its peers: it
/// answers, and tells nothing new. Who is asked by way of another node knows more, see ``NodeProbes``.
final class ControlEnds: Sendable {
    /// Time between two questions, milliseconds: of three nodes one that is not cut off is asked within 7 s, answers included.
    private static let intervalMs: Int64 = 3_000
    /// How long an answer may take, milliseconds.
    private static let answerMs: Int32 = 2_000
    /// The nodes are listed anew after so many questions.
    private static let questionsPerList = 10

    private let kafka: KafkaConfiguration
    private let place: TopicPartition
    private let admin: KafkaAdmin
    private let tell: @Sendable (CoordinatorEvent, Int) -> Void
    private let onNodes: @Sendable ([String]) -> Void
    private let shards: String
    private let questions: ActionQueue<[PartitionOffset]>

    /// - Parameters:
    ///   - questions: Partitions of the shard topic and how far each should go, to be asked of all nodes; the last question counts.
    ///   - tell: Takes what was learned, in the term that it was asked in.
    ///   - onNodes: Takes the addresses of all nodes, in the order of their numbers.
    init(
        _ options: CoordinatorOptions, questions: ActionQueue<[PartitionOffset]>,
        tell: @escaping @Sendable (CoordinatorEvent, Int) -> Void,
        onNodes: @escaping @Sendable ([String]) -> Void
    ) throws(KafkaError) {
        kafka = options.kafka
        place = TopicPartition(topic: options.topics.control, partition: 0)
        shards = options.topics.shards
        self.questions = questions
        admin = try KafkaAdmin(options.kafka)
        self.tell = tell
        self.onNodes = onNodes
    }

    /// - Parameter term: the term of leadership, or `nil`.
    func run(until stop: Signal, term: @escaping @Sendable () -> Int?) -> PlatformThread {
        PlatformThread("control end") { [self] in
            var probes = NodeProbes(kafka)
            var round = EndRound()
            var nodes: [ClusterDescription.Broker] = []
            var questions = 0
            while !stop.wait(milliseconds: Self.intervalMs) {
                guard let term = term() else { continue }
                if questions % Self.questionsPerList == 0 || nodes.isEmpty,
                    let found = try? admin.metadata(timeoutMs: Self.answerMs).brokers
                {
                    nodes = found
                    onNodes(found.sorted { $0.id < $1.id }.map(\.address))
                }
                questions += 1
                let wanted = self.questions.take(milliseconds: 0).last ?? []
                let ends = highest(wanted, nodes, &probes, until: stop)
                if !ends.isEmpty { tell(.endsTold(ends, wanted: wanted), term) }
                guard let id = round.next(among: nodes.map(\.id)),
                    let node = nodes.first(where: { $0.id == id }),
                    let end = try? probes.end(of: place, knownTo: node, timeoutMs: Self.answerMs)
                else { continue }
                tell(.controlEnds(at: end), term)
            }
        }
    }

    /// The highest end that any node tells, of each partition of which more than half of them tell one.
    private func highest(
        _ wanted: [PartitionOffset], _ nodes: [ClusterDescription.Broker], _ probes: inout NodeProbes,
        until stop: Signal
    ) -> [PartitionOffset] {
        wanted.compactMap { wanted in
            let place = TopicPartition(topic: shards, partition: wanted.partition)
            return probes.highestEnd(of: place, knownTo: nodes, timeoutMs: Self.answerMs, until: stop).map {
                PartitionOffset(partition: wanted.partition, offset: $0)
            }
        }
    }
}
