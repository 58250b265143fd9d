import Foundation
import Kafka
import Testing

/// The shards topic is deleted and created anew under the control topic of before: nothing is passed over, everybody says what is wrong, and
/// all topics made anew are a fleet's beginning.
@Suite(
    .serialized,
    .enabled(if: SecuredBroker.open != nil, "HASHIFLEX_TEST_BOOTSTRAP names no real broker"))
struct NewTopicTests {
    private struct Place: Decodable { let end: Int64, committed: Int64? }

    @Test(.timeLimit(.minutes(4))) func aTopicOfAnotherControlTopicIsNotRead() throws {
        let bootstrap = try #require(SecuredBroker.open)
        let prefix = "hashiflex-test-\(UUID().uuidString.prefix(8).lowercased())"
        let link = ["--brokers", bootstrap, "--topic-prefix", prefix]
        @discardableResult func succeed(_ arguments: String...) throws -> Program.Outcome {
            let outcome = try Program.run(arguments + link, seconds: 120)
            try #require(outcome.code == 0, "\(arguments): \(outcome.output)\(outcome.errors)")
            return outcome
        }
        func start() throws -> (coordinator: Background, fleet: Background) {
            (
                try Background(["coordinator"] + link),
                try Background(
                    ["fleet", "up", "--workers", "1", "--delivery", "exactly-once", "--exit-with-parent"]
                        + link)
            )
        }
        func place() throws -> Place {
            let line = try #require(try succeed("positions", "show", "--json").lines.first)
            return try JSONDecoder().decode(Place.self, from: Data(line.utf8))
        }
        func isRead() throws -> Bool {
            let place = try place()
            return place.end > 0 && place.committed == place.end
        }
        func ingest(_ stream: String, _ images: Int) throws {
            try succeed(
                "ingest", "\(stream)=\(SampleTar.path)", "--images", "\(images)", "--shard-images", "4",
                "--size", "32")
        }
        try succeed("topics", "create", "--partitions", "1")
        var running = try start()
        try succeed("head", "push", "builtin:v2", "--deadline", "60")
        try ingest("before", 40)
        try #require(try eventually(seconds: 60) { try isRead() }, "\(running.fleet.text)")
        #expect(running.fleet.finish(seconds: 30) == 0 && running.coordinator.finish(seconds: 30) == 0)

        var configuration = KafkaConfiguration(brokers: bootstrap)
        configuration.set("client.id", "hashiflex-test")
        let failures = try KafkaAdmin(configuration).deleteTopics(["\(prefix).shards"], timeoutMs: 30_000)
        try #require(failures.isEmpty, "\(failures)")
        let made = try #require(
            try eventually(seconds: 30) {
                try Program.run(["topics", "create", "--partitions", "1"] + link).output.contains("shards")
            } ? try Program.run(["topics", "list"] + link) : nil)
        try #require(made.output.contains("\(prefix).shards  1 partitions"), "\(made.output)")
        running = try start()
        var status: Program.Outcome?
        let isSaid = try eventually(seconds: 60) {
            status = try Program.run(["fleet", "status"] + link, seconds: 60)
            return status?.output.contains(
                "\(prefix).shards is another topic than the one that the control topic speaks of") == true
        }
        try #require(isSaid, "\(String(describing: status))\n\(running.coordinator.text)")
        // More than there was: nobody goes on where another topic stood.
        try ingest("after", 80)
        let doctor = try Program.run(["doctor"] + link, seconds: 60)
        #expect(doctor.code == 1, "\(doctor.output)")
        let stands = try place()
        #expect(stands.end == 20 && stands.committed == nil, "\(stands)\n\(running.fleet.text)")
        #expect(running.fleet.finish(seconds: 30) == 0 && running.coordinator.finish(seconds: 30) == 0)

        let asked = try Program.run(["topics", "delete"] + link)
        #expect(asked.code == 76 && asked.errors.contains("nothing was deleted"), "\(asked)")
        let deleted = try succeed("topics", "delete", "--yes", "--json")
        #expect(deleted.lines.count == 6 && deleted.lines.allSatisfy { $0.contains(#""outcome":"deleted""#) })
        #expect(try succeed("topics", "list").lines.allSatisfy { $0.hasSuffix("  missing") })
        try succeed("topics", "create", "--partitions", "1")
        running = try start()
        try succeed("head", "push", "builtin:v1", "--deadline", "60")
        try ingest("anew", 20)
        try #require(try eventually(seconds: 60) { try isRead() }, "\(running.fleet.text)")
        let audit = try succeed("audit", "--images", "20", "--shards", "--json")
        #expect(audit.output.contains(#""unscored_shards":0"#), "\(audit.output)")
        // Nobody takes the topics away from those who work.
        let refused = try Program.run(["topics", "delete", "--yes"] + link, seconds: 60)
        #expect(refused.code == 76 && refused.errors.contains("alive"), "\(refused)")
        #expect(refused.errors.contains("coordinator "), "\(refused)")
        #expect(running.fleet.finish(seconds: 30) == 0)
        let forced = try succeed("topics", "delete", "--yes", "--force")
        #expect(forced.lines.allSatisfy { $0.hasSuffix("  deleted") }, "\(forced)")
    }
}
