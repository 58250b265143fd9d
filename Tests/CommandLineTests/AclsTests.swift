import Foundation
import Testing

/// `topics acls`: Kafka's own commands for exactly what a role needs. What was enough at a real Kafka stands here once more.
@Suite struct AclsTests {
    /// Commands after the address and the principal, a role each.
    static let commands = [
        "worker": [
            "--operation Read --topic hashiflex.shards --topic hashiflex.control --topic hashiflex.status",
            "--operation Write --topic hashiflex.predictions --topic hashiflex.receipts --topic hashiflex.status "
                + "--topic hashiflex.dead-letters",
            "--operation Read --group hashiflex.workers",
        ],
        "coordinator": [
            "--operation Read --topic hashiflex.control --topic hashiflex.status --topic hashiflex.shards "
                + "--topic hashiflex.receipts",
            "--operation Write --topic hashiflex.control --topic hashiflex.status --topic hashiflex.shards",
            "--operation Read --group hashiflex.coordinators",
            "--operation Describe --group hashiflex.workers",
        ],
        "camera": [
            "--operation Write --topic hashiflex.shards", "--operation Describe --group hashiflex.workers",
        ],
        "operator": [
            "--operation Read --topic hashiflex.control", "--operation Write --topic hashiflex.control",
        ],
        "reader": ["--operation Read --topic hashiflex.predictions --topic hashiflex.control"],
    ]
    private static let transactions =
        "--operation Write --transactional-id hashiflex.workers. --resource-pattern-type prefixed"

    private func acls(_ arguments: String..., brokers: String = "") throws -> Program.Outcome {
        let outcome = try Program.run(
            ["topics", "acls"] + arguments, environment: ["HASHIFLEX_BROKERS": brokers], seconds: 20)
        try #require(outcome.code == 0, "\(outcome.errors)")
        return outcome
    }

    @Test(arguments: commands.keys.sorted()) func commandsGiveExactlyTheRightsOfARole(_ role: String) throws {
        let start = "kafka-acls.sh --bootstrap-server HOST:PORT --add --allow-principal User:somebody "
        var expected = ["# \(role): User:somebody"] + (Self.commands[role] ?? []).map { start + $0 }
        if role == "worker" {
            expected += ["# Only for --delivery exactly-once:", "# \(start)\(Self.transactions)"]
        }
        #expect(try acls("--principal", "\(role)=User:somebody").lines == expected)
    }

    @Test func transactionsAreGivenWhereTheyAreAskedFor() throws {
        let lines = try acls("--principal", "worker=User:w", "--exactly-once").lines
        #expect(lines.count == 5)
        #expect(lines.last?.hasPrefix("kafka-acls.sh ") == true)
        #expect(lines.last?.hasSuffix(Self.transactions) == true)
    }

    @Test func addressHostPrefixAndLoginAreFilledIn() throws {
        let outcome = try acls(
            "--principal", "reader=User:r", "--host", "10.0.0.7", "--topic-prefix", "mill",
            "--command-config", "admin.properties", brokers: "a:1,b:2")
        #expect(
            outcome.lines.last
                == "kafka-acls.sh --bootstrap-server a:1,b:2 --command-config admin.properties --add "
                + "--allow-principal User:r --allow-host 10.0.0.7 --operation Read --topic mill.predictions "
                + "--topic mill.control")
    }

    @Test func everyRightIsALineOfJSON() throws {
        let lines = try acls(
            "--principal", "camera=User:c", "--principal", "worker=User:w", "--exactly-once", "--json"
        ).lines
        #expect(
            lines.first
                == #"{"host":"*","name":"hashiflex.shards","operation":"Write","pattern_type":"literal","principal":"User:c","#
                + #""resource_type":"topic","role":"camera"}"#)
        #expect(
            lines.last
                == #"{"host":"*","name":"hashiflex.workers.","operation":"Write","pattern_type":"prefixed","principal":"User:w","#
                + #""resource_type":"transactional-id","role":"worker"}"#)
        #expect(lines.count == 2 + 9)
        let without = try acls("--principal", "worker=User:w", "--json").lines
        #expect(without == lines[2..<10].map { $0 })
    }

    @Test func aShellReadsEveryNameBackAsItWasGiven() throws {
        let folder = try TemporaryFolder()
        let tool = folder.file("kafka-acls.sh")
        try "#!/bin/sh\nprintf '%s\\n' \"$@\"\n".write(toFile: tool, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: tool)
        let name = #"User:CN=it's "$HOME" `id` \ *, O=mill; echo lost"#
        let text = try acls("--principal", "reader=\(name)", "--command-config", "my file").output
        let outcome = try Program.run(
            ["-e", "-c", text], environment: ["PATH": folder.path + ":/usr/bin:/bin"],
            executable: "/bin/sh")
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(
            outcome.lines == [
                "--bootstrap-server", "HOST:PORT", "--command-config", "my file", "--add",
                "--allow-principal", name, "--operation", "Read", "--topic", "hashiflex.predictions",
                "--topic", "hashiflex.control",
            ])
    }

    @Test(arguments: [
        (
            ["--principal", "worker=User:a\necho b"],
            "--principal worker=User:NAME has a NAME of 1 to 256 bytes"
        ),
        (
            ["--principal", "worker=User:" + String(repeating: "a", count: 257)],
            "--principal worker=User:NAME"
        ),
        (["--principal", "worker=User:a", "--brokers", "a\necho b"], "--brokers is one line"),
        (["--principal", "worker=User:a", "--command-config", "a\necho b"], "--command-config is one line"),
    ]) func whatIsMoreThanALineIsRefused(_ arguments: [String], _ says: String) throws {
        let outcome = try Program.run(["topics", "acls"] + arguments, seconds: 20)
        #expect(outcome.code == 64)
        #expect(outcome.errors.hasPrefix("Error: \(says)"), "\(outcome.errors)")
        #expect(outcome.output.isEmpty)
    }
}
