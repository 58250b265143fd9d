import ArgumentParser
import Foundation
import Kafka
import PipelineMessages
import Synchronization
import Threads

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

    @Option(
        help: ArgumentHelp(
            "How long to ask again at the start while nodes of the broker go and come, seconds.",
            discussion:
                "Default: 60; 10 where no node has answered yet, since the address may be wrong. 0 asks once. "
                + "What is read may keep silent for as long, 30 unless stated and at least 3; then its leader is asked, and "
                + "the command ends if that one does not answer."
        ))
    var wait: Int?

    func validate() throws { try requireRange("--wait", wait, in: Patience.secondsRange) }

    /// The deployment's topics.
    var topics: TopicNames {
        get throws {
            try Self.topics(under: topicPrefix)
        }
    }

    /// The topics that `--topic-prefix` names.
    ///
    /// - Throws: `ValidationError` for a prefix that no topic can begin with.
    static func topics(under prefix: String) throws -> TopicNames {
        guard let topics = TopicNames(prefix: prefix) else {
            throw ValidationError("--topic-prefix is 1 to 100 of [A-Za-z0-9._-], not '\(prefix)'")
        }
        return topics
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
    ///
    /// - Parameters:
    ///   - role: Who connects, for Kafka's logs and quotas: `worker`, `doctor`.
    ///   - name: Which of them, where there are several.
    ///   - stop: Ends the waiting for nodes that are away.
    ///   - limitMs: How long all may take that is asked at the start, milliseconds, where `--wait` is longer.
    ///   - needed: Topics without which the command has nothing to do.
    /// - Throws: `CommandError` 69 if one does not exist, `KafkaError` if this user may not see one.
    func connect(
        as role: String, named name: String? = nil, until stop: Signal = Signal(),
        withinMs limitMs: Int64? = nil,
        _ needed: KeyPath<TopicNames, String>...
    ) throws -> Connection {
        let topics = try topics
        var plain = try configuration()
        plain.nameClients(role, name)
        let link = try Connection(plain, topics: topics, wait: wait, until: stop, withinMs: limitMs) {
            plain in
            var adapted = try layered(EmbeddedBroker.clientConfiguration(bootstrap: plain.brokers))
            adapted.nameClients(role, name)
            return adapted
        }
        try link.require(needed.map { topics[keyPath: $0] })
        return link
    }

    /// Arguments that hand the same connection to a child process; the properties go by ``childEnvironment()``.
    func childArguments() throws -> [String] {
        var arguments = ["--brokers", try configuration().brokers, "--topic-prefix", topicPrefix]
        if let kafkaConfig { arguments += ["--kafka-config", kafkaConfig] }
        // Their parent was answered at this address: a silence is an outage, not a wrong address that is to be said soon.
        arguments += ["--wait", "\(wait ?? Patience.secondsDefault)"]
        return arguments
    }

    /// Variables that hand the properties of `-X` to a child process: everybody sees a command line, nobody else these.
    func childEnvironment() throws -> [String: String] {
        var variables: [String: String] = [:]
        for assignment in property {
            let (name, value) = try KafkaConfiguration.parse(assignment: assignment)
            variables[KafkaConfiguration.environmentVariable(of: name)] = value
        }
        return variables
    }

    private static let hasWarned = Mutex(false)

    /// Says once that everybody on this machine sees a secret.
    private static func warn(of name: String) {
        guard
            hasWarned.withLock({ warned in
                defer { warned = true }
                return !warned
            })
        else { return }
        Terminal.complain(
            "-X \(name)=... shows in ps to every user of this machine; give it in a file by --kafka-config, or as "
                + KafkaConfiguration.environmentVariable(of: name))
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
            if KafkaConfiguration.isSecret(name) { Self.warn(of: name) }
            configuration.set(name, value)
        }
        try configuration.validate()
        try requireAddresses(configuration.brokers)
        return configuration
    }
}

/// Checks the name of a worker or a fleet: it is part of keys, so what can not be a topic can not be a name.
func requireName(_ name: String) throws {
    guard TopicNames(prefix: name) != nil else {
        throw ValidationError("--name is 1 to 100 of [A-Za-z0-9._-], not '\(name)'")
    }
}
