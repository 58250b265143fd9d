internal import FleetMachines
internal import Kafka
internal import PipelineMessages
internal import Threads

/// Asks where the control topic ends, on a thread of its own and not over its reader's client: that one may go on asking a node that
/// is cut off, to which nothing is announced any more.
///
/// From time to time it asks over the client that reads the shards, which is connected to many nodes; for a marker that waits, by way
/// of the node that the marker came from: it was told of the leaders before the marker could be written there.
final class ControlWatch: Sendable {
    /// Time between two questions, milliseconds.
    private static let intervalMs: Int64 = 5_000
    /// How long an answer may take, milliseconds.
    private static let answerMs: Int32 = 5_000

    private let kafka: KafkaConfiguration
    private let topic: TopicPartition
    private let conductor: WorkerConductor
    private let shards: KafkaConsumer
    private let stop = Signal()

    /// - Parameter shards: The client that reads the shards.
    init(_ options: WorkerOptions, conductor: WorkerConductor, shards: KafkaConsumer) {
        kafka = options.kafka
        topic = TopicPartition(topic: options.topics.control, partition: 0)
        self.conductor = conductor
        self.shards = shards
    }

    func run() -> PlatformThread {
        PlatformThread("control ends") { [self] in
            var probes = NodeProbes(kafka)
            var askAtMs = Clock.steadyMs + Self.intervalMs
            while !stop.isSet {
                for question in conductor.ends.take(milliseconds: 100) where !stop.isSet {
                    conductor.tell(.controlEnd(end(question, &probes), serial: question.serial))
                }
                guard Clock.steadyMs >= askAtMs else { continue }
                askAtMs = Clock.steadyMs + Self.intervalMs
                guard let end = try? shards.watermarks(topic, timeoutMs: 2_000).high else { continue }
                conductor.tell(.controlEnds(at: end))
            }
        }
    }

    func requestStop() { stop.set() }

    /// The highest end that is known to the nodes that the markers came from; `nil` unless all of them are known and answer.
    private func end(_ question: WorkerConductor.EndQuestion, _ probes: inout NodeProbes) -> Int64? {
        do throws(KafkaError) {
            var highest: Int64?
            for node in question.nodes {
                highest = max(
                    highest ?? 0, try probes.end(of: topic, knownTo: node, timeoutMs: Self.answerMs))
            }
            if let highest { return highest }
            return try shards.watermarks(topic, timeoutMs: Self.answerMs).high
        } catch {
            _ = stop.wait(milliseconds: 200)
            return nil
        }
    }
}
