import Foundation
import PipelineMessages
import Testing

/// Every way to log in that the page on production names does the whole job on a real Kafka over TLS, or says by name why
/// the client library can not. Tests/Kafka/run names the listeners and the folder of the certificates; `--client current`
/// runs this with a library whose SCRAM Kafka 4 takes.
@Suite(
    .serialized,
    .enabled(
        if: EncryptedBroker.isOffered, "HASHIFLEX_TEST_SASL_SSL and HASHIFLEX_TEST_SSL name no real broker"))
struct LoginTests {
    /// By what a user is known. All of them are the user "admin".
    enum Login: String, CaseIterable, CustomTestStringConvertible {
        case certificate, plain, scram256, scram512

        var testDescription: String { rawValue }
        var mechanism: String? {
            switch self {
            case .certificate: nil
            case .plain: "PLAIN"
            case .scram256: "SCRAM-SHA-256"
            case .scram512: "SCRAM-SHA-512"
            }
        }
        var isScram: Bool { self == .scram256 || self == .scram512 }
    }

    private let folder: String
    private let topics: TopicNames

    init() throws {
        folder = try #require(EncryptedBroker.folder)
        topics = try #require(
            TopicNames(prefix: "hashiflex-login-\(UUID().uuidString.prefix(8).lowercased())"))
    }

    private func link(
        _ login: Login, password: String = "admin", knowsAuthority: Bool = true
    ) throws -> [String] {
        let listener = try #require(login == .certificate ? EncryptedBroker.certified : EncryptedBroker.sasl)
        var properties = knowsAuthority ? ["ssl.ca.location=\(folder)/authority.pem"] : []
        if let mechanism = login.mechanism {
            properties += [
                "security.protocol=sasl_ssl", "sasl.mechanisms=\(mechanism)", "sasl.username=admin",
                "sasl.password=\(password)",
            ]
        } else {
            properties += [
                "security.protocol=ssl", "ssl.certificate.location=\(folder)/admin.pem",
                "ssl.key.location=\(folder)/admin.key",
            ]
        }
        return ["--brokers", listener, "--topic-prefix", topics.prefix] + properties.flatMap { ["-X", $0] }
    }

    /// Whether the library that the programs load is older than the one that mended SCRAM.
    private static func lacksScram() throws -> Bool {
        let lines = try Program.run(["--version"]).lines
        let version = try #require(lines.first { $0.hasPrefix("librdkafka ") }).dropFirst(11)
        return version.compare("2.6.1", options: .numeric) == .orderedAscending
    }

    @Test(.timeLimit(.minutes(3)), arguments: Login.allCases) func everyLoginDoesTheWholeJob(
        _ login: Login
    ) throws {
        let link = try link(login)
        let created = try Program.run(["topics", "create", "--partitions", "2"] + link)
        // Before 2.6.1 SCRAM works on Kafka 3 only.
        if login.isScram, created.code != 0, try Self.lacksScram() {
            #expect(created.code == 69)
            #expect(created.errors.contains("can not log in to Kafka 4 by SCRAM"), "\(created.errors)")
            return
        }
        try #require(created.code == 0, "\(created.errors)")
        let coordinator = try Background(["coordinator"] + link)
        let worker = try Background(
            ["worker", "--replicas", "1", "--name", "w", "--delivery", "exactly-once"] + link)
        #expect(eventually(seconds: 60) { worker.text.contains("is ready") }, "\(worker.text)")
        let push = try Program.run(["head", "push", "builtin:v2"] + link)
        #expect(push.code == 0, "\(push.errors)\n\(coordinator.text)\n\(worker.text)")
        let ingest = try Program.run(["ingest", "--images", "64"] + link)
        #expect(ingest.code == 0, "\(ingest.errors)")
        let isDone = try eventually(seconds: 60) {
            try Program.run(["audit", "--images", "64"] + link).code == 0
        }
        #expect(isDone, "\(worker.text)")
        #expect(worker.finish() == 0)
        #expect(coordinator.finish() == 0)
    }

    @Test(.timeLimit(.minutes(1))) func whoIsRefusedIsToldWhy() throws {
        let wrong = try Program.run(["topics", "list"] + link(.plain, password: "wrong"), seconds: 40)
        #expect(wrong.code == 69)
        #expect(wrong.errors.contains("Authentication failed"), "\(wrong.errors)")
        let stranger = try Program.run(
            ["topics", "list"] + link(.plain, knowsAuthority: false), seconds: 40)
        #expect(stranger.code == 69)
        #expect(stranger.errors.contains("certificate verify failed"), "\(stranger.errors)")
    }
}
