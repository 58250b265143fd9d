import Foundation
import Testing

/// The workers' offsets disappear or are moved by Kafka's own tool, under exactly-once: nothing is scored again, nothing is
/// left out, no alarm stays. Besides a real Kafka it needs that tool on PATH, which Tests/Kafka/run puts there.
@Suite(
    .serialized,
    .enabled(
        if: SecuredBroker.open != nil && SecuredBroker.groupTool != nil,
        "HASHIFLEX_TEST_BOOTSTRAP names no real broker, or kafka-consumer-groups.sh is not on PATH"))
struct ResumeTests {
    private struct Place: Decodable { let partition: Int, end: Int64, committed: Int64? }

    private struct Ledger: Decodable {
        let imagesCommitted: Int64
        let alarms: [String]
    }

    @Test(.timeLimit(.minutes(8))) func positionsOutliveTheGroup() throws {
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
                ["fleet", "up", "--workers", "1", "--delivery", "exactly-once", "--exit-with-parent"] + link)
        }
        try succeed("topics", "create", "--partitions", "3")
        let coordinator = try Background(["coordinator"] + link)
        var fleet = try startFleet()
        try succeed("head", "push", "builtin:v2", "--deadline", "60")

        var images = 0
        func ingest(_ round: String) throws {
            try succeed(
                "ingest", "\(round)=\(SampleTar.path)", "--images", "60", "--shard-images", "4", "--size",
                "32")
            images += 60
        }
        func places() throws -> [Place] {
            try succeed("positions", "show", "--json").lines.compactMap {
                try? JSONDecoder().decode(Place.self, from: Data($0.utf8))
            }
        }
        /// Everything is scored, committed, and noted down by the coordinator.
        func settle() throws {
            let isDone = try eventually(seconds: 60) {
                let places = try places()
                guard places.allSatisfy({ $0.committed == $0.end }) else { return false }
                let noted = try notes(prefix)
                return places.allSatisfy { $0.end == 0 || noted[$0.partition] == $0.end }
            }
            let state = "\(try places()) \(try notes(prefix))"
            try #require(isDone, "\(state)\n\(fleet.text)\n\(coordinator.text)")
        }

        try ingest("first")
        try settle()
        let group = ["--bootstrap-server", bootstrap, "--group", "\(prefix).workers"]
        let reset = group + ["--reset-offsets", "--all-topics", "--execute"]
        for (round, arguments) in [
            ("deleted", group + ["--delete"]), ("forwards", reset + ["--to-latest"]),
            ("backwards", reset + ["--to-earliest"]), ("elsewhere", reset + ["--shift-by", "-3"]),
        ] {
            #expect(fleet.finish(seconds: 30) == 0)
            try ingest(round)
            let moved = try Program.run(
                arguments, executable: try #require(SecuredBroker.groupTool), seconds: 60)
            try #require(moved.code == 0, "\(round): \(moved.output)\(moved.errors)")
            fleet = try startFleet()
            try settle()
            let audit = try succeed("audit", "--images", "\(images)", "--json")
            #expect(
                audit.output.contains("\"identical_duplicates\":0"),
                "\(round): \(audit.output)\(coordinator.text)")
            var last: Ledger?
            let isQuiet = try eventually(seconds: 30) {
                last = try ledger(link)
                return last?.alarms.isEmpty == true && last?.imagesCommitted == Int64(images)
            }
            #expect(isQuiet, "\(round): \(String(describing: last))")
        }
        #expect(fleet.finish(seconds: 30) == 0)
    }

    private func ledger(_ link: [String]) throws -> Ledger? {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try Program.run(["fleet", "status", "--json"] + link).lines.compactMap {
            try? decoder.decode(Ledger.self, from: Data($0.utf8))
        }.last
    }

    /// Where the control topic says that partitions stood, as kcat, which is not ours, reads it.
    private func notes(_ prefix: String) throws -> [Int: Int64] {
        struct Note: Decodable { let partition: Int, offset: Int64 }
        // Pieces of heads are no text.
        let command =
            "kcat -C -b \(try #require(SecuredBroker.open)) -t \(prefix).control -o beginning -e -q -f '%k\\t%s\\n'"
        let read = try Program.run(
            ["-c", "\(command) | grep -a '^checkpoint/'"], executable: "/bin/sh", seconds: 30)
        var notes: [Int: Int64] = [:]
        for line in read.lines {
            let value = line.split(separator: "\t", maxSplits: 1).last ?? ""
            let note = try JSONDecoder().decode(Note.self, from: Data(value.utf8))
            notes[note.partition] = note.offset
        }
        return notes
    }
}
