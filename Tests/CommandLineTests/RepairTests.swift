import Foundation
import TestSupport
import Testing

/// What people can put right: positions that another program moved, a ledger that forged receipts put wrong.
@Suite(.serialized) struct RepairTests {
    private struct Place: Decodable {
        let partition: Int, begin: Int64, end: Int64
        let committed: Int64?, images: Int64?
    }

    private func places(_ deployment: Deployment) throws -> [Place] {
        try deployment.succeed("positions", "show", "--json").lines.compactMap {
            try? JSONDecoder().decode(Place.self, from: Data($0.utf8))
        }
    }

    private func startFleet(_ deployment: Deployment) throws -> Background {
        try deployment.start("fleet", "up", "--workers", "1", "--exit-with-parent", "--name", "crew")
    }

    /// Another program that takes the workers' group for its own, as kcat does: it leaves offsets without a word beside.
    private func takeGroup(_ deployment: Deployment) throws {
        let taken = try Program.run(
            [
                "-b", deployment.brokers, "-q", "-e", "-X", "auto.offset.reset=earliest", "-X",
                "session.timeout.ms=6000", "-G",
                "hashiflex.workers",
                "hashiflex.shards",
            ], executable: "/usr/bin/kcat", seconds: 60)
        try #require(taken.code == 0, "\(taken.errors)")
    }

    /// A receipt that no worker wrote, in partition 0.
    private func forge(_ offset: Int64, before: Int, _ deployment: Deployment) throws {
        let forged = """
            {"errors":0,"images":4000,"images_before":\(before),"incarnation":"x","offset":\(offset),"partition":0,\
            "schema":"receipt/1","scored_at_ms":1,"service_us":1,"stream":"cam","topic":"hashiflex.shards",\
            "worker":"thief"}
            """
        let folder = try TemporaryFolder()
        let path = folder.file("forged")
        try Data(forged.utf8).write(to: URL(fileURLWithPath: path))
        let sent = try Program.run(
            ["-P", "-b", deployment.brokers, "-t", "hashiflex.receipts", "-p", "0", "-k", "x", path],
            executable: "/usr/bin/kcat")
        try #require(sent.code == 0, "\(sent.errors)")
    }

    @Test func anOffsetThatAnotherProgramCommittedIsPutBackAndNothingIsLost() throws {
        let deployment = try Deployment(workers: 0, partitions: 2)
        var fleet = try startFleet(deployment)
        try deployment.waitForWorkers(1)
        try deployment.push("builtin:v1")
        try deployment.succeed("ingest", "before=\(SampleTar.path)", "--images", "40", "--size", "32")
        #expect(try deployment.waitForPredictions(40).images == 40)
        #expect(
            try eventually(seconds: 20) { try places(deployment).compactMap(\.images).reduce(0, +) == 40 })
        #expect(fleet.finish(seconds: 20) == 0)
        let before = try places(deployment)

        try deployment.succeed("ingest", "after=\(SampleTar.path)", "--images", "40", "--size", "32")
        try takeGroup(deployment)
        let taken = try places(deployment)
        #expect(taken.map(\.committed) == taken.map { $0.end } && taken.allSatisfy { $0.images == nil })
        fleet = try startFleet(deployment)
        defer { _ = fleet.finish(seconds: 20) }
        let says = "was committed by something else than a worker"
        #expect(
            try eventually(seconds: 40) {
                try deployment.workers().flatMap(\.partitions).count { $0.blocked?.contains(says) == true }
                    == 2
            }, "both partitions wait: \(fleet.text)")
        #expect(try deployment.run("doctor").code == 1)

        for place in before {
            let moved = try deployment.succeed(
                "positions", "move", "--partition", "\(place.partition)", "--to", "\(place.committed ?? 0)",
                "--reason",
                "kcat in our group")
            #expect(moved.output.contains(": done, 0 offsets passed over"), "\(moved.output)")
        }
        let count = try deployment.waitForPredictions(80)
        #expect(count.images == 80 && count.records == 80 && count.differing == 0)
        #expect(try eventually(seconds: 30) { try deployment.ledger()?.imagesCommitted == 80 })
        #expect(try eventually(seconds: 30) { try deployment.ledger()?.alarms.isEmpty == true })
        #expect(try deployment.succeed("positions", "show").output.contains("kcat in our group"))
        #expect(try deployment.run("audit").code == 0)
    }

    @Test func aLedgerThatForgedReceiptsPutWrongIsStartedAnew() throws {
        let deployment = try Deployment(workers: 1, partitions: 2)
        try deployment.push("builtin:v1")
        try deployment.succeed("ingest", "cam=\(SampleTar.path)", "--images", "40", "--size", "32")
        #expect(try deployment.waitForPredictions(40).images == 40)
        try forge(1 << 50, before: 0, deployment)
        #expect(
            try eventually(seconds: 30) {
                try deployment.ledger()?.alarms.contains { $0.contains("name shards that are not there") }
                    == true
            }, "\(deployment.coordinator.text)")
        // It hears what comes all the same.
        try deployment.succeed("ingest", "cam2=\(SampleTar.path)", "--images", "40", "--size", "32")
        #expect(
            try eventually(seconds: 30) { try deployment.ledger()?.imagesCommitted == 80 },
            "\(deployment.coordinator.text)")

        // A receipt of what is there can not be told from an honest one: here of a marker, which has none.
        try deployment.push("builtin:v2")
        let marker = try #require(try places(deployment).first { $0.partition == 0 }).end - 1
        try forge(marker, before: 999, deployment)
        #expect(try eventually(seconds: 30) { try deployment.ledger()?.imagesCommitted != 80 })
        let reset = try deployment.succeed("ledger", "reset", "--reason", "a thief wrote receipts")
        #expect(reset.output.hasPrefix("the ledger counts anew from"), "\(reset.output)")
        #expect(try eventually(seconds: 30) { try deployment.ledger()?.imagesCommitted == 80 })
        #expect(
            try deployment.ledger()?.alarms.allSatisfy { !$0.hasPrefix("ledger: ") } == true)
        let shown = try deployment.succeed("ledger", "show").output
        #expect(shown.contains("80 images in the partitions, counted since the reset at"), "\(shown)")
        #expect(!shown.contains("thief "), "what was credited before is one entry")
    }

    @Test func wrongMovesAreRefusedAndSayWhy() throws {
        let deployment = try Deployment(workers: 0, partitions: 2)
        for (arguments, code, words) in [
            (["--to", "latest", "--reason", "r"], 64, "--partition"),
            (
                ["--partition", "0", "--to", "yesterday", "--reason", "r"], 64,
                "earliest, latest, an offset, a time"
            ),
            (["--partition", "0", "--to", "2026-01-31T08:00:00", "--reason", "r"], 64, "says no zone"),
            (["--partition", "0", "--to", "2026-02-29T08:00:00Z", "--reason", "r"], 64, "a time such as"),
            (["--partition", "0", "--to", "2026-01-31T24:00:00Z", "--reason", "r"], 64, "a time such as"),
            (["--partition", "0", "--to", "@-2", "--reason", "r"], 64, "a time such as"),
            (["--partition", "0", "--to", "@1e3", "--reason", "r"], 64, "a time such as"),
            (["--partition", "0", "--to", "1969-12-31T23:59:59Z", "--reason", "r"], 64, "a time such as"),
            // It answers every such question with "no record", which would pass everything over.
            (
                ["--partition", "0", "--to", "2026-01-31T08:00Z", "--reason", "r"], 64,
                "the embedded broker can not look for a time"
            ),
            (["--partition", "0", "--to", "0", "--reason", ""], 64, "--reason"),
            (["--partition", "7", "--to", "0", "--reason", "r"], 65, "has 0 to 1"),
            (["--partition", "0", "--to", "5", "--reason", "r"], 65, "begins at offset 0 and ends at 0"),
        ] as [([String], Int32, String)] {
            let outcome = try Program.run(
                ["positions", "move"] + arguments + ["--brokers", deployment.brokers])
            #expect(outcome.code == code && outcome.errors.contains(words), "\(arguments): \(outcome.errors)")
        }
        let none = try deployment.succeed("positions", "move", "--gaps", "--reason", "r")
        #expect(none.output.contains("no partition has lost records"), "\(none.output)")
        // Written where no worker is: the next one finds it.
        let later = try deployment.succeed(
            "positions", "move", "--partition", "1", "--to", "0", "--reason", "r")
        #expect(later.output.contains("no worker is live"), "\(later.output)")
    }
}
