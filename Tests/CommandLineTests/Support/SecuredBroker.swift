import Foundation
import PipelineMessages
import Testing

/// A real Kafka whose access lists hold: where it is, and how a user comes to it.
enum SecuredBroker {
    /// A listener on which everything is allowed.
    static let open = ProcessInfo.processInfo.environment["HASHIFLEX_TEST_BOOTSTRAP"]
    /// A listener with SASL PLAIN users, each its own password.
    static let sasl = ProcessInfo.processInfo.environment["HASHIFLEX_TEST_SASL"]
    static var isOffered: Bool { open != nil && sasl != nil }
    /// Whether Kafka's own command for access lists is on PATH.
    static let hasTool = Program.onPath("kafka-acls.sh") != nil
    /// Kafka's own command for settings and quotas; `nil` where it is not on PATH.
    static let configTool = Program.onPath("kafka-configs.sh")
    /// Kafka's own command for the offsets of groups; `nil` where it is not on PATH.
    static let groupTool = Program.onPath("kafka-consumer-groups.sh")
    /// Kafka's own command for deleting the oldest records of partitions; `nil` where it is not on PATH.
    static let deletionTool = Program.onPath("kafka-delete-records.sh")

    /// Runs a command as a user, to the end.
    static func run(
        _ user: String, _ command: [String], _ topics: TopicNames, seconds: Double = 60
    ) throws -> Program.Outcome {
        let link = try link(user, topics)
        return try Program.run(command + link.arguments, environment: link.environment, seconds: seconds)
    }

    /// Starts a command as a user.
    static func start(_ user: String, _ command: [String], _ topics: TopicNames) throws -> Background {
        let link = try link(user, topics)
        return try Background(command + link.arguments, environment: link.environment)
    }

    private static func link(
        _ user: String, _ topics: TopicNames
    ) throws -> (arguments: [String], environment: [String: String]) {
        (
            ["--brokers", try #require(sasl), "--topic-prefix", topics.prefix],
            [
                "HASHIFLEX_KAFKA_SECURITY_PROTOCOL": "sasl_plaintext",
                "HASHIFLEX_KAFKA_SASL_MECHANISM": "PLAIN",
                "HASHIFLEX_KAFKA_SASL_USERNAME": user, "HASHIFLEX_KAFKA_SASL_PASSWORD": user,
            ]
        )
    }
}

/// The listeners of a real Kafka that speak TLS.
enum EncryptedBroker {
    private static let environment = ProcessInfo.processInfo.environment
    /// One with SASL PLAIN and SCRAM.
    static let sasl = environment["HASHIFLEX_TEST_SASL_SSL"]
    /// One that asks for certificates.
    static let certified = environment["HASHIFLEX_TEST_SSL"]
    /// Where authority.pem, admin.pem and admin.key are.
    static let folder = environment["HASHIFLEX_TEST_TLS_FOLDER"]
    static var isOffered: Bool { sasl != nil && certified != nil && folder != nil }
}
