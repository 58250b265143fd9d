import Synchronization
internal import Threads

/// Asks every node of a cluster by itself, by a client that is told of no other; all side by side, in about three seconds.
///
/// A small question comes first, whose answer fits into a packet of any network, then large ones. Who answers a small one,
/// no large one, and then a small one again, is neither away nor slow: what is lost are packets of full size.
public struct NodeSurvey: Sendable {
    /// Most addresses that are asked.
    public static let addressesMax = 16
    /// How long the questions to one node may take together, milliseconds.
    public static let timeoutMs: Int32 = 3_000
    /// How long the second small question may take, milliseconds.
    private static let againMs: Int32 = 2_000

    /// What one node says.
    public struct View: Sendable, Hashable {
        /// The nodes that it knows.
        public let nodes: [ClusterDescription.Broker]
        /// The leaders of our topics' partitions, by node; negative where there is none.
        public let leaders: [TopicPartition: Int32]
        /// The nodes that keep a copy of one of them.
        public let keepers: Set<Int32>
        /// Its own settings, where they were asked for and may be seen.
        public let settings: [String: String]?

        /// What one node says.
        package init(
            nodes: [ClusterDescription.Broker], leaders: [TopicPartition: Int32], keepers: Set<Int32> = [],
            settings: [String: String]? = nil
        ) {
            self.nodes = nodes
            self.leaders = leaders
            self.keepers = keepers
            self.settings = settings
        }
    }

    /// What became of the questions.
    public enum Answer: Sendable, Hashable {
        /// All were answered.
        case whole(View)
        /// Small ones were, before and after; not the one for this.
        case smallOnly(String)
        /// None was, or another node answered in its place; why.
        case silent(String)
    }

    /// What became of one address.
    public struct Finding: Sendable, Hashable {
        /// `host:port`.
        public let address: String
        /// The node that advertises it; `nil` of an address at which none says to be.
        public let node: ClusterDescription.Broker?
        /// What it said.
        public let answer: Answer

        /// What became of one address.
        package init(address: String, node: ClusterDescription.Broker?, answer: Answer) {
            self.address = address
            self.node = node
            self.answer = answer
        }
    }

    private let configuration: KafkaConfiguration
    private let topics: Set<String>
    private let small: String?
    private let asksSettings: Bool

    /// A survey.
    ///
    /// - Parameters:
    ///   - topics: Whose leaders are of interest.
    ///   - small: A topic of one partition, for small questions; `nil` asks none, and then nothing is said of packets. An
    ///     ``EmbeddedBroker`` creates what it is asked for.
    ///   - asksSettings: Whether nodes are asked for their own settings too: a large answer, whatever the topics.
    public init(
        _ configuration: KafkaConfiguration, topics: [String], small: String?, asksSettings: Bool
    ) {
        self.configuration = configuration
        self.topics = Set(topics)
        self.small = small
        self.asksSettings = asksSettings
    }

    /// Asks nodes at the addresses that they advertise, and who else is there.
    public func ask(_ nodes: [ClusterDescription.Broker], addresses: [String] = []) -> [Finding] {
        let known = nodes.map { (address: $0.address, node: Optional($0)) }
        let others = addresses.map { (address: $0, node: ClusterDescription.Broker?.none) }
        let targets = Array((known + others).prefix(Self.addressesMax))
        let answers = Answers()
        let threads = targets.enumerated().map { index, target in
            PlatformThread("survey") {
                ask(target.address, target.node?.id) { answers.set($0, of: index) }
            }
        }
        let deadline = Clock.steadyMs + Int64(Self.timeoutMs + Self.againMs) + 1_500
        // One whose client can not be ended soon is left to itself: what it was told stands.
        for (index, thread) in threads.enumerated() {
            while answers[index] == nil, Clock.steadyMs < deadline, !thread.join(milliseconds: 20) {}
        }
        return targets.enumerated().map { index, target in
            Finding(
                address: target.address, node: target.node,
                answer: answers[index] ?? .silent("no answer in \(Self.timeoutMs / 1_000) s"))
        }
    }

    private final class Answers: Sendable {
        private let known = Mutex<[Int: Answer]>([:])

        func set(_ answer: Answer, of index: Int) { known.withLock { $0[index] = answer } }

        subscript(index: Int) -> Answer? { known.withLock { $0[index] } }
    }

    /// Tells the answer before the client is ended, which may take long.
    private func ask(_ address: String, _ node: Int32?, _ tell: (Answer) -> Void) {
        do throws(KafkaError) {
            let admin = try KafkaAdmin(alone(address))
            defer { withExtendedLifetime(admin) {} }
            tell(answer(admin, address, node))
        } catch {
            tell(.silent("\(error)"))
        }
    }

    private func alone(_ address: String) -> KafkaConfiguration {
        var alone = configuration
        alone.set("bootstrap.servers", address)
        return alone
    }

    private func answer(_ admin: KafkaAdmin, _ address: String, _ node: Int32?) -> Answer {
        let deadline = Clock.steadyMs + Int64(Self.timeoutMs)
        func leftMs() -> Int32 { Int32(clamping: max(500, deadline - Clock.steadyMs)) }
        do throws(KafkaError) {
            if let small { _ = try admin.topic(small, timeoutMs: leftMs()) }
        } catch {
            return .silent("\(error)")
        }
        let cluster: ClusterDescription
        do throws(KafkaError) {
            cluster = try admin.metadata(timeoutMs: leftMs())
        } catch {
            return withheld("the list of all topics", error, address)
        }
        // It learns of the others by this answer, and turns to them if its connection breaks.
        guard node == nil || cluster.answeredBy < 0 || cluster.answeredBy == node else {
            return .silent("it broke off, and another node answered")
        }
        var settings: [String: String]?
        if asksSettings, let node {
            do throws(KafkaError) {
                settings = try admin.settings(topics: [], node: node, timeoutMs: leftMs()).node
            } catch {
                // What this node does not know or tell is no fault of the network.
                if error.code == KafkaError.Code.timedOut {
                    return withheld("its settings", error, address)
                }
            }
        }
        return .whole(view(cluster, settings))
    }

    /// What it means that a large answer did not come.
    private func withheld(_ what: String, _ error: KafkaError, _ address: String) -> Answer {
        guard let small, error.code == KafkaError.Code.timedOut else { return .silent("\(error)") }
        do throws(KafkaError) {
            // A connection of its own: the other one may be stuck behind what was lost.
            _ = try KafkaAdmin(alone(address)).topic(small, timeoutMs: Self.againMs)
            return .smallOnly(what)
        } catch {
            return .silent("it answered once, then no more: \(error)")
        }
    }

    private func view(_ cluster: ClusterDescription, _ settings: [String: String]?) -> View {
        var leaders: [TopicPartition: Int32] = [:]
        var keepers: Set<Int32> = []
        for topic in cluster.topics.values where topics.contains(topic.name) {
            for partition in topic.partitions {
                leaders[TopicPartition(topic: topic.name, partition: partition.id)] = partition.leader
                keepers.formUnion(partition.replicas)
            }
        }
        return View(nodes: cluster.brokers, leaders: leaders, keepers: keepers, settings: settings)
    }
}
