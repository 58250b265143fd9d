import Foundation
import Testing

/// Secrets stand on no command line but the one that a person typed.
@Suite(.serialized) struct SecretTests {
    private static let secret = "hunter2-of-the-test"

    private func read(_ pid: Int32, _ file: String) throws -> String {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: "/proc/\(pid)/\(file)"))
        return String(decoding: bytes.map { $0 == 0 ? 10 : $0 }, as: UTF8.self)
    }

    @Test func propertiesReachChildrenByTheEnvironment() throws {
        let deployment = try Deployment(workers: 0)
        let fleet = try Background([
            "fleet", "up", "--workers", "1", "--replicas", "1", "--brokers", deployment.brokers, "-X",
            "sasl.password=\(Self.secret)", "-X", "client.id=apart",
        ])
        #expect(
            try eventually(seconds: 40) { try deployment.workers().contains { $0.state == "running" } },
            "\(fleet.text)")
        let pid = try #require(try deployment.workers().first).pid
        let line = try read(pid, "cmdline")
        #expect(line.contains("worker") && !line.contains(Self.secret) && !line.contains("-X"), "\(line)")
        let environment = "\n" + (try read(pid, "environ"))
        #expect(environment.contains("\nHASHIFLEX_KAFKA_SASL_PASSWORD=\(Self.secret)\n"))
        #expect(environment.contains("\nHASHIFLEX_KAFKA_CLIENT_ID=apart\n"))
        #expect(fleet.finish() == 0)
        let warnings = fleet.text.components(separatedBy: "-X sasl.password=... shows in ps").count - 1
        #expect(warnings == 1, "\(fleet.text)")
        #expect(fleet.text.contains("--kafka-config") && fleet.text.contains("HASHIFLEX_KAFKA_SASL_PASSWORD"))
        #expect(!fleet.text.contains(Self.secret))
    }
}
