import Foundation
import Testing

/// The commands of the page on production, run by a shell in their order, on a real Kafka.
@Suite(
    .serialized, .enabled(if: SecuredBroker.open != nil, "HASHIFLEX_TEST_BOOTSTRAP names no real broker"))
struct ProductionPageTests {
    @Test(.timeLimit(.minutes(5))) func everyCommandOfThePageWorks() throws {
        let page = try String(
            contentsOfFile: #filePath.replacingOccurrences(
                of: "Tests/CommandLineTests/ProductionPageTests.swift",
                with: "Sources/hashiflex/hashiflex.docc/Kafka-in-production.md"), encoding: .utf8)
        // Odd pieces are code; those of one language are commands.
        let blocks = page.components(separatedBy: "```").enumerated().compactMap { index, text in
            index % 2 == 1 && text.hasPrefix("sh\n") ? String(text.dropFirst(3)) : nil
        }
        try #require(blocks.count == 3)
        let prefix = "hashiflex-test-\(UUID().uuidString.prefix(8).lowercased())"
        let commands = blocks.joined().split(separator: "\n").map { line in
            let isBehind = line.hasSuffix(" &")
            let words = isBehind ? line.dropLast(2) : line[...]
            return "\(words) --topic-prefix \(prefix)\(isBehind ? " &" : "")"
        }
        let script = """
            set -e
            \(commands.joined(separator: "\n"))
            kill $(jobs -p)
            wait
            """
        let folder = URL(fileURLWithPath: Program.path).deletingLastPathComponent().path
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        let outcome = try Program.run(
            ["-c", script],
            environment: [
                "HASHIFLEX_BROKERS": try #require(SecuredBroker.open), "PATH": "\(folder):\(path)",
            ],
            executable: "/bin/bash", seconds: 240)
        #expect(outcome.code == 0, "\(script)\n\(outcome.output)\(outcome.errors)")
        #expect(outcome.output.contains("--operation Write --topic \(prefix).predictions"))
    }
}
