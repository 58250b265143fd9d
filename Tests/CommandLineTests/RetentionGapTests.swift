import Foundation
import Testing

/// Shards are deleted before a worker reads them: the fleet waits, says so, and goes on by a person's word, which ledger and audit know.
/// Besides a real Kafka it needs that one's command for deleting records on PATH, which Tests/Kafka/run puts there.
@Suite(
    .serialized,
    .enabled(
        if: SecuredBroker.open != nil && SecuredBroker.deletionTool != nil,
        "HASHIFLEX_TEST_BOOTSTRAP names no real broker, or kafka-delete-records.sh is not on PATH"))
struct RetentionGapTests {
    private struct Place: Decodable { let begin: Int64, end: Int64, committed: Int64? }

    private struct Ledger: Decodable {
        let imagesCommitted: Int64
        let alarms: [String]
    }

    @Test(.timeLimit(.minutes(4)), arguments: ["at-least-once", "exactly-once"])
    func aGapIsCrossedByAPersonsWordAlone(_ delivery: String) throws {
        let bootstrap = try #require(SecuredBroker.open)
        let prefix = "hashiflex-test-\(UUID().uuidString.prefix(8).lowercased())"
        let link = ["--brokers", bootstrap, "--topic-prefix", prefix]
        @discardableResult func succeed(_ arguments: String...) throws -> Program.Outcome {
            let outcome = try Program.run(arguments + link, seconds: 120)
            try #require(outcome.code == 0, "\(arguments): \(outcome.output)\(outcome.errors)")
            return outcome
        }
        func startFleet() throws -> Background {
            try Background(
                ["fleet", "up", "--workers", "1", "--delivery", delivery, "--exit-with-parent"] + link)
        }
        func place() throws -> Place {
            let line = try #require(try succeed("positions", "show", "--json").lines.first)
            return try JSONDecoder().decode(Place.self, from: Data(line.utf8))
        }
        func isRead() throws -> Bool {
            let place = try place()
            return place.end > 0 && place.committed == place.end
        }
        func ingest(_ stream: String) throws {
            try succeed(
                "ingest", "\(stream)=\(SampleTar.path)", "--images", "40", "--shard-images", "4", "--size",
                "32")
        }
        try succeed("topics", "create", "--partitions", "1")
        let coordinator = try Background(["coordinator"] + link)
        var fleet = try startFleet()
        try succeed("head", "push", "builtin:v2", "--deadline", "60")
        try ingest("before")
        try #require(try eventually(seconds: 60) { try isRead() }, "\(fleet.text)")
        #expect(fleet.finish(seconds: 30) == 0)

        // Three shards of what comes now are gone when a worker is there again.
        let stood = try place().end
        try ingest("after")
        try delete("\(prefix).shards", below: stood + 3, at: bootstrap)
        fleet = try startFleet()
        let problem = "offsets \(stood) to \(stood + 2) were deleted before they were read"
        var status: Program.Outcome?
        let isSaid = try eventually(seconds: 60) {
            status = try Program.run(["fleet", "status"] + link, seconds: 60)
            return status?.output.contains(problem) == true
        }
        try #require(isSaid, "\(String(describing: status))\n\(fleet.text)")
        let doctor = try Program.run(["doctor"] + link, seconds: 60)
        #expect(doctor.code == 1, "\(doctor.output)")
        // Nobody crosses it unasked, and nobody ends.
        #expect(try place().committed == stood && fleet.isRunning, "\(fleet.text)")

        let moved = try succeed("positions", "move", "--gaps", "--reason", "the disk was full")
        #expect(moved.output.contains("from offset \(stood) to \(stood + 3)"), "\(moved.output)")
        try #require(try eventually(seconds: 60) { try isRead() }, "\(fleet.text)")
        // Seven of ten shards are left, and what is gone is on the record.
        let audit = try succeed("audit", "--images", "68", "--shards", "--json")
        for field in [#""unscored_shards":0"#, #""identical_duplicates":0"#] {
            #expect(audit.output.contains(field), "\(audit.output)\(audit.errors)")
        }
        var last: Ledger?
        let isQuiet = try eventually(seconds: 30) {
            last = try ledger(link)
            return last?.alarms.isEmpty == true && last?.imagesCommitted == 68
        }
        #expect(isQuiet, "\(String(describing: last))\n\(coordinator.text)")
        #expect(fleet.finish(seconds: 30) == 0)
    }

    /// What retention does, at once.
    private func delete(_ topic: String, below offset: Int64, at bootstrap: String) throws {
        let folder = try TemporaryFolder()
        let file = folder.file("offsets.json")
        let places =
            #"{"version":1,"partitions":[{"topic":"\#(topic)","partition":0,"offset":\#(offset)}]}"#
        try Data(places.utf8).write(to: URL(fileURLWithPath: file))
        let deleted = try Program.run(
            ["--bootstrap-server", bootstrap, "--offset-json-file", file],
            executable: try #require(SecuredBroker.deletionTool), seconds: 60)
        try #require(deleted.code == 0, "\(deleted.output)\(deleted.errors)")
    }

    private func ledger(_ link: [String]) throws -> Ledger? {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try Program.run(["fleet", "status", "--json"] + link).lines.compactMap {
            try? decoder.decode(Ledger.self, from: Data($0.utf8))
        }.last
    }
}
