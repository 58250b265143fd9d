import ArgumentParser
import Foundation
import Kafka
import PipelineMessages

/// How to reach the broker: the same options on every command.
struct ConnectionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Broker addresses, host:port, separated by commas.",
            discussion: "Default: HASHIFLEX_BROKERS, else the embedded broker running for this user."))
    var brokers: String?

    @Option(name: .customShort("X"), help: "A librdkafka property, name=value. May be repeated.")
    var property: [String] = []

    @Option(help: "A file of librdkafka properties, name=value lines, # comments.")
    var kafkaConfig: String?

    @Option(help: "What every topic name begins with.")
    var topicPrefix = "hashiflex"

    /// The deployment's topics.
    var topics: TopicNames {
        get throws {
            guard let topics = TopicNames(prefix: topicPrefix) else {
                throw ValidationError("--topic-prefix is 1 to 100 of [A-Za-z0-9._-], not '\(topicPrefix)'")
            }
            return topics
        }
    }

    /// The configuration, without connecting.
    func configuration() throws -> KafkaConfiguration {
        let environment = ProcessInfo.processInfo.environment
        let named = [brokers, environment["HASHIFLEX_BROKERS"]].compactMap { $0 }.first { !$0.isEmpty }
        guard let address = named ?? BrokerAddressFile.read() else {
            throw CommandError(
                Exit.unavailable,
                "no broker: pass --brokers HOST:PORT, set HASHIFLEX_BROKERS, or start `hashiflex broker`")
        }
        return try layered(KafkaConfiguration(brokers: address))
    }

    /// Connects once, and adapts to what is there.
    func connect() throws -> Connection {
        let topics = try topics
        let plain = try configuration()
        let cluster = try KafkaAdmin(plain).metadata(timeoutMs: 10_000)
        let isEmbedded = cluster.topics[TopicNames.embeddedBrokerSign] != nil
        let configuration =
            isEmbedded
            ? try layered(EmbeddedBroker.clientConfiguration(bootstrap: plain.brokers)) : plain
        return Connection(
            kafka: configuration, topics: topics, cluster: cluster, isEmbedded: isEmbedded)
    }

    /// Arguments that hand the same connection to a child process; secrets stay in files and variables.
    func childArguments() throws -> [String] {
        var arguments = ["--brokers", try configuration().brokers, "--topic-prefix", topicPrefix]
        for assignment in property { arguments += ["-X", assignment] }
        if let kafkaConfig { arguments += ["--kafka-config", kafkaConfig] }
        return arguments
    }

    private func layered(_ base: KafkaConfiguration) throws -> KafkaConfiguration {
        var configuration = base
        if let kafkaConfig {
            let text: String
            do {
                text = try String(contentsOfFile: kafkaConfig, encoding: .utf8)
            } catch {
                throw CommandError(
                    ExitCode(66), "--kafka-config \(kafkaConfig): \(error.localizedDescription)")
            }
            configuration.apply(try KafkaConfiguration.parse(file: text))
        }
        configuration.apply(KafkaConfiguration.fromEnvironment(ProcessInfo.processInfo.environment))
        for assignment in property {
            let (name, value) = try KafkaConfiguration.parse(assignment: assignment)
            configuration.set(name, value)
        }
        try configuration.validate()
        return configuration
    }
}

/// A broker that answered.
struct Connection {
    let kafka: KafkaConfiguration
    let topics: TopicNames
    let cluster: ClusterDescription
    /// Whether it is the embedded broker, whose partitions silently drop what exceeds 5 MB.
    let isEmbedded: Bool

    /// Partitions of the shard topic.
    var partitions: Int {
        get throws {
            let count = cluster.topics[topics.shards]?.partitions.count ?? 0
            guard count > 0 else {
                throw CommandError(
                    Exit.unavailable,
                    "topic \(topics.shards) does not exist at \(kafka.brokers); run hashiflex topics create")
            }
            return count
        }
    }
}

/// Checks the name of a worker or a fleet: it is part of keys, so what can not be a topic can not be a name.
func requireName(_ name: String) throws {
    guard TopicNames(prefix: name) != nil else {
        throw ValidationError("--name is 1 to 100 of [A-Za-z0-9._-], not '\(name)'")
    }
}
