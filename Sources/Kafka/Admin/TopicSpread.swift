internal import Threads

/// Whether every node of a cluster knows topics and their leaders: nodes hear of a new topic one after the other.
///
/// Each node is asked by itself, by a client that is told of no other.
public struct TopicSpread {
    /// What one node does not know yet.
    public struct Gap: Sendable, Hashable, CustomStringConvertible {
        /// The node that was asked.
        public let node: ClusterDescription.Broker
        /// The topic; `nil` when the node said nothing at all.
        public let topic: String?
        /// What is wrong, for people.
        public let problem: String

        /// Node, topic and what is wrong.
        public var description: String { "node \(node.id) (\(node.address)) \(problem)" }
    }

    private let configuration: KafkaConfiguration
    private let topics: [(name: String, partitions: Int)]

    /// A look at topics, given with their numbers of partitions.
    public init(_ configuration: KafkaConfiguration, topics: [String: Int]) {
        self.configuration = configuration
        self.topics = topics.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// Waits until every node knows every topic, and a leader of every partition.
    ///
    /// - Returns: What was still missing when the patience was at its end; nothing if all is known.
    /// - Throws: ``KafkaError`` when nobody answered.
    public func settle(_ patience: Patience) throws(KafkaError) -> [Gap] {
        var gaps: [Gap] = []
        do throws(KafkaError) {
            try patience.wait(for: "every node to know every topic") { timeoutMs throws(KafkaError) in
                gaps = try find(timeoutMs: timeoutMs)
                guard let first = gaps.first else { return }
                throw KafkaError(
                    code: KafkaError.Code.unknownTopicOrPartition, doing: "", detail: "\(first)",
                    isRetriable: true)
            }
        } catch {
            guard !gaps.isEmpty else { throw error }
        }
        return gaps
    }

    private func find(timeoutMs: Int32) throws(KafkaError) -> [Gap] {
        let nodes = try KafkaAdmin(configuration).metadata(timeoutMs: timeoutMs).brokers
        let deadline = Clock.steadyMs + Int64(timeoutMs)
        var gaps: [Gap] = []
        for node in nodes {
            let left = Int32(clamping: max(1_000, deadline - Clock.steadyMs))
            do throws(KafkaError) {
                gaps += try self.gaps(of: node, timeoutMs: left)
            } catch {
                gaps.append(Gap(node: node, topic: nil, problem: "does not answer: \(error)"))
            }
        }
        return gaps
    }

    private func gaps(
        of node: ClusterDescription.Broker, timeoutMs: Int32
    ) throws(KafkaError) -> [Gap] {
        var alone = configuration
        alone.set("bootstrap.servers", node.address)
        let admin = try KafkaAdmin(alone)
        let known = try admin.metadata(timeoutMs: timeoutMs)
        // It learns of the others by this answer, and turns to them if its connection breaks.
        guard known.answeredBy < 0 || known.answeredBy == node.id else {
            return [Gap(node: node, topic: nil, problem: "broke off, and another answered")]
        }
        var gaps: [Gap] = []
        for topic in topics {
            guard let problem = Self.problem(known.topics[topic.name], topic.partitions) else { continue }
            // What this user may not see is in no listing, and can not be waited for.
            if known.topics[topic.name] == nil,
                try admin.topic(topic.name, timeoutMs: timeoutMs).error?.isRefusedAccess == true
            {
                continue
            }
            gaps.append(Gap(node: node, topic: topic.name, problem: "\(problem) of topic \(topic.name)"))
        }
        return gaps
    }

    private static func problem(_ found: ClusterDescription.Topic?, _ partitions: Int) -> String? {
        guard let found else { return "knows nothing yet" }
        let led = found.partitions.filter { $0.leader >= 0 }.count
        return led >= partitions ? nil : "knows the leaders of \(led) of \(partitions) partitions"
    }
}
