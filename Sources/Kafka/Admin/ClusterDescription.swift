/// What a cluster says about itself.
public struct ClusterDescription: Sendable {
    /// One broker of the cluster.
    public struct Broker: Sendable, Hashable {
        /// Its number.
        public let id: Int32
        /// Where it listens, as the cluster advertises it.
        public let host: String
        /// The port it listens on.
        public let port: Int32

        /// A broker that is told of.
        package init(id: Int32, host: String, port: Int32) {
            self.id = id
            self.host = host
            self.port = port
        }

        /// `host:port`, as a client is told it.
        public var address: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
    }

    /// One partition of a topic.
    public struct Partition: Sendable, Hashable {
        /// Its number.
        public let id: Int32
        /// The broker that leads it; negative when none does.
        public let leader: Int32
        /// The brokers that keep it.
        public let replicas: [Int32]
        /// How many of them are up to date.
        public let inSyncCount: Int
        /// What is wrong with it, if anything is.
        public let error: KafkaError?

        /// How many brokers keep it.
        public var replicaCount: Int { replicas.count }
    }

    /// One topic.
    public struct Topic: Sendable, Hashable {
        /// Its name.
        public let name: String
        /// Its partitions, by number.
        public let partitions: [Partition]
        /// What is wrong with it, if anything is.
        public let error: KafkaError?
    }

    /// The brokers, by number.
    public let brokers: [Broker]

    /// The topics by name.
    public let topics: [String: Topic]

    /// The number of the broker that answered; negative where the client does not know it yet.
    let answeredBy: Int32
}

/// A topic to create.
public struct TopicSpecification: Sendable, Hashable {
    /// Its name.
    public var name: String
    /// How many partitions it gets.
    ///
    /// - Range: `1...`.
    public var partitions: Int
    /// How many brokers keep each partition; `-1` for the cluster's default (Kafka 2.4 and later).
    public var replication: Int
    /// Its settings, such as `cleanup.policy` = `compact`.
    public var configs: [String: String]

    /// A topic called `name`.
    public init(name: String, partitions: Int, replication: Int = -1, configs: [String: String] = [:]) {
        precondition(partitions > 0, "a topic has at least one partition, got \(partitions)")
        self.name = name
        self.partitions = partitions
        self.replication = replication
        self.configs = configs
    }
}

/// What became of the wish for a topic.
public enum TopicCreation: Sendable, Hashable {
    /// It is there now.
    case created
    /// It was there before; its partitions and settings may differ from those wished for.
    case alreadyExists
    /// It could not be created.
    case failed(KafkaError)
}
