internal import FleetMachines
internal import Kafka
internal import PipelineMessages
internal import Threads

/// Asks questions beside the reading, on a thread of its own: where the control topic ends, and whether leaders are there.
///
/// The end of the control topic is not asked over its reader's client: that one may go on asking a node that is cut off, to which
/// nothing is announced any more. From time to time it is asked by way of one node after the other; for a marker that waits, by way of the node that the marker came from, which was told of the leaders before the marker could
/// be written there.
final class WorkerQuestions: Sendable {
    /// Time between two questions for the end of the control topic, milliseconds.
    private static let intervalMs: Int64 = 5_000
    /// How long an answer may take, milliseconds.
    private static let answerMs: Int32 = 5_000
    /// How long a leader's may, milliseconds: one that is silent is asked four times in 15 s, in both roles, one after the other.
    private static let leaderMs: Int32 = 1_500
    /// How long that of whoever names the leaders may, milliseconds: if it is the silent one, another is asked the next time.
    private static let namesMs: Int32 = 2_000

    private let kafka: KafkaConfiguration
    private let topics: TopicNames
    private let control: TopicPartition
    private let conductor: WorkerConductor
    private let shards: ShardConsumer
    private let admin: KafkaAdmin
    private let stop = Signal()

    /// - Parameter shards: The client that reads the shards.
    init(
        _ options: WorkerOptions, conductor: WorkerConductor, shards: ShardConsumer
    ) throws(KafkaError) {
        kafka = options.kafka
        topics = options.topics
        control = TopicPartition(topic: options.topics.control, partition: 0)
        self.conductor = conductor
        self.shards = shards
        admin = try KafkaAdmin(options.kafka)
    }

    func run() -> PlatformThread {
        PlatformThread("questions") { [self] in
            var probes = NodeProbes(kafka)
            var askAtMs = Clock.steadyMs + Self.intervalMs
            var turns = 0
            while !stop.isSet {
                for question in conductor.questions.take(milliseconds: 100) where !stop.isSet {
                    conductor.tell(answer(question, &probes))
                }
                guard Clock.steadyMs >= askAtMs else { continue }
                askAtMs = Clock.steadyMs + Self.intervalMs
                turns += 1
                if let end = end(toldBy: turns, &probes) { conductor.tell(.controlEnds(at: end)) }
            }
        }
    }

    func requestStop() { stop.set() }

    /// The end by way of the node whose turn it is; of a cluster of one, and where that is not answered, over the client that reads
    /// the shards.
    private func end(toldBy turn: Int, _ probes: inout NodeProbes) -> Int64? {
        let nodes = (try? admin.metadata(timeoutMs: Self.namesMs).brokers) ?? []
        if nodes.count > 1,
            let end = try? probes.end(
                of: control, knownTo: nodes[turn % nodes.count], timeoutMs: Self.namesMs)
        {
            return end
        }
        // A client that is connected is answered sooner.
        return try? shards.current.watermarks(control, timeoutMs: Self.namesMs).high
    }

    private func answer(_ question: WorkerConductor.Question, _ probes: inout NodeProbes) -> Machine.Event {
        switch question {
        case .end(let serial, let nodes): .controlEnd(end(nodes, &probes), serial: serial)
        case .leaders(let partitions, let role): leaders(partitions, role)
        }
    }

    /// The highest end that is known to the nodes that the markers came from, or to most of the others where one of them is listed no more;
    /// `nil` unless all of them answer.
    private func end(_ nodes: Set<Int32>, _ probes: inout NodeProbes) -> Int64? {
        do throws(KafkaError) {
            guard !nodes.isEmpty else {
                return try shards.current.watermarks(control, timeoutMs: Self.answerMs).high
            }
            var highest: Int64 = 0
            for node in nodes {
                do throws(KafkaError) {
                    highest = max(
                        highest, try probes.end(of: control, knownTo: node, timeoutMs: Self.answerMs))
                } catch {
                    // It is gone, perhaps for good.
                    let listed = try admin.metadata(timeoutMs: Self.answerMs).brokers
                    guard !listed.contains(where: { $0.id == node }),
                        let end = probes.highestEnd(
                            of: control, knownTo: listed, timeoutMs: Self.answerMs, until: stop)
                    else { throw error }
                    highest = max(highest, end)
                }
            }
            return highest
        } catch {
            _ = stop.wait(milliseconds: 200)
            return nil
        }
    }

    /// The partitions that one of the shard topic needs a leader of.
    private func places(_ partition: Int32, _ role: LeaderRole) -> [TopicPartition] {
        switch role {
        case .images: [TopicPartition(topic: topics.shards, partition: partition)]
        case .answers:
            [
                TopicPartition(topic: topics.predictions, partition: partition),
                TopicPartition(topic: topics.receipts, partition: partition),
                TopicPartition(topic: topics.deadLetters, partition: 0),
            ]
        }
    }

    /// Asks each leader by itself, for one that does not answer takes the others' answers along. A partition without a leader is
    /// nobody's to use.
    private func leaders(_ partitions: [Int32], _ role: LeaderRole) -> Machine.Event {
        let needed = partitions.map { (partition: $0, places: places($0, role)) }
        let wanted = Set(needed.flatMap(\.places))
        var (led, count): ([Int32: [TopicPartition]], Int) = ([:], 0)
        do throws(KafkaError) {
            for topic in Set(wanted.map(\.topic)).union([topics.shards]).sorted() {
                let known = try admin.topic(topic, timeoutMs: Self.namesMs).partitions
                if topic == topics.shards { count = known.count }
                for partition in known where partition.leader >= 0 {
                    let place = TopicPartition(topic: topic, partition: partition.id)
                    if wanted.contains(place) { led[partition.leader, default: []].append(place) }
                }
            }
        } catch {
            return .leaders(role, answered: [], silent: [], of: 0)
        }
        let (known, silent) = shards.current.extents(by: led, timeoutMs: Self.leaderMs) { stop.isSet }
        let answered = Set(known.keys)
        return .leaders(
            role, answered: needed.filter { answered.isSuperset(of: $0.places) }.map(\.partition),
            silent: needed.filter { !silent.isDisjoint(with: $0.places) }.map(\.partition), of: count)
    }
}
