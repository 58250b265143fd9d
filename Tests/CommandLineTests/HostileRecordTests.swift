import Foundation
import TestSupport
import Testing

/// Records that anyone may write, on every topic: each is counted or put aside, and the fleet goes on.
@Suite struct HostileRecordTests {
    private static let inputs = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../../shared/data/inputs").standardizedFileURL
    private static var hasInputs: Bool {
        FileManager.default.fileExists(atPath: inputs.appendingPathComponent("drain-for-ever.json").path)
    }

    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Sends one record as another program would.
    private func send(
        _ deployment: Deployment, _ topic: String, _ partition: Int, key: String?, _ value: Data,
        headers: [String] = []
    ) throws {
        let path = folder.file("record")
        try value.write(to: URL(fileURLWithPath: path))
        let sent = try Program.run(
            [
                "-P", "-b", deployment.brokers, "-t", "hashiflex.\(topic)", "-p", "\(partition)", "-X",
                "message.max.bytes=5000000",
            ] + (key.map { ["-k", $0] } ?? []) + headers.flatMap { ["-H", $0] } + [path],
            executable: "/usr/bin/kcat")
        try #require(sent.code == 0, "\(topic): \(sent.errors)")
    }

    private func input(_ name: String) throws -> String {
        try String(contentsOf: Self.inputs.appendingPathComponent(name), encoding: .utf8)
    }

    private let extremes = [
        #""images_scored":9223372036854775807"#, #""images_committed":-1"#, #""images_per_second":1e300"#,
        #""at_ms":9223372036854775807"#, #""pid":0"#,
    ]

    @Test func numbersBeyondAllUseStopNobody() throws {
        let model = try QuickModel(tenClassesOnly: true)
        let deployment = try Deployment(workers: 1, model: model)
        try deployment.push(model.heads[0])
        try deployment.succeed("ingest", "before=\(SampleTar.path)", "--images", "20", "--size", "32")
        #expect(try deployment.waitForPredictions(20).images == 20)
        // A real heartbeat with one field changed at a time, as another worker and as the coordinator.
        let status = try deployment.succeed("fleet", "status", "--json").lines
        let worker = try #require(status.first { $0.contains("worker-status/1") })
        let coordinator = try #require(status.first { $0.contains("coordinator-status/1") })
        for extreme in extremes {
            let field = extreme.prefix { $0 != ":" }
            for (key, record) in [("worker/evil", worker), ("coordinator", coordinator)] {
                guard let range = record.range(of: field + #":[^,}]*"#, options: .regularExpression) else {
                    continue
                }
                let changed = record.replacingCharacters(in: range, with: extreme)
                try send(deployment, "status", 0, key: key, Data(changed.utf8))
            }
        }
        for partition in [0, 1] {
            for change in [#""offset":-1"#, #""images":-5"#, #""images_before":9223372036854775807"#] {
                let field = change.prefix { $0 != ":" }
                let good = """
                    {"errors":0,"images":1,"images_before":0,"incarnation":"x","offset":1,"partition":0,"schema":\
                    "receipt/1","scored_at_ms":1,"service_us":1,"stream":"cam","topic":"hashiflex.shards","worker":"w"}
                    """
                let range = try #require(good.range(of: field + ":[^,}]*", options: .regularExpression))
                let bad = good.replacingCharacters(in: range, with: change)
                try send(deployment, "receipts", partition, key: "evil", Data(bad.utf8))
            }
        }
        // A whole one, but of another partition than it stands in.
        try send(
            deployment, "receipts", 5, key: "evil",
            Data(
                """
                {"errors":0,"images":4000,"images_before":0,"incarnation":"x","offset":900000,"partition":0,"schema":\
                "receipt/1","scored_at_ms":1,"service_us":1,"stream":"cam","topic":"hashiflex.shards","worker":"thief"}
                """.utf8))
        try send(
            deployment, "control", 0, key: "cutover/evil",
            Data(
                """
                {"deadline_ms":9223372036854775807,"head":"\(String(repeating: "ab", count: 32))","label":"evil@v1",\
                "request":"evil","requested_at_ms":1,"slot":"default","state":"requested","updated_at_ms":1}
                """.utf8))
        try deployment.succeed("ingest", "after=\(SampleTar.path)", "--images", "20", "--size", "32")
        #expect(try deployment.waitForPredictions(40).images == 40)
        #expect(try deployment.succeed("top", "--count", "1", "--interval", "1").output.contains("WORKER"))
        let isCounted = try eventually(seconds: 20) {
            try deployment.run("fleet", "status", "--json").lines.contains {
                $0.contains("coordinator-status/1") && $0.contains(#""images_committed":40"#)
            }
        }
        #expect(isCounted, "\(deployment.coordinator.text)")
        #expect(!(try deployment.run("fleet", "status", "--json").output.contains("thief")))
        #expect(!deployment.coordinator.text.contains("Fatal"), "\(deployment.coordinator.text)")
        // The request is refused as it stands, so that the next one is served.
        try deployment.push(model.heads[0])
    }

    @Test func longTextsAndKeysBecomeShortDeadLetters() throws {
        let model = try QuickModel(tenClassesOnly: true)
        let deployment = try Deployment(workers: 1, model: model)
        try deployment.push(model.heads[0])
        // A key that a letter has room for, and one that it has not, before three bytes of shard.
        let keys = [600_000, 1_100_000]
        for bytes in keys {
            // kcat takes the key from the line.
            let line = folder.file("line")
            try Data((String(repeating: "k", count: bytes) + "\u{1}bad").utf8).write(
                to: URL(fileURLWithPath: line))
            let sent = try Program.run(
                [
                    "-c",
                    #"kcat -P -b "$0" -t hashiflex.shards -p 3 -X message.max.bytes=5000000 -K "$(printf '\001')" < "$1""#,
                    deployment.brokers, line,
                ],
                executable: "/bin/sh")
            try #require(sent.code == 0, "\(sent.errors)")
        }
        if Self.hasInputs {
            // Its header names something of 600 kB, which the reason for refusing it repeats.
            let shard = try Data(
                contentsOf: Self.inputs.appendingPathComponent("shard-dead-letter-too-large.bin"))
            try send(deployment, "shards", 3, key: "cam", shard, headers: ["hsf-kind=shard"])
        }
        try deployment.succeed("ingest", "after=\(SampleTar.path)", "--images", "20", "--size", "32")
        #expect(try deployment.waitForPredictions(20).images == 20)
        let expected = keys.count + (Self.hasInputs ? 1 : 0)
        var lines: [String] = []
        // The images were in other partitions: their predictions say nothing of this one.
        let isComplete = try eventually(seconds: 30) {
            lines =
                try Program.run(
                    [
                        "-C", "-b", deployment.brokers, "-t", "hashiflex.dead-letters", "-o", "beginning",
                        "-e", "-q", "-f", "%K %S %h\n",
                    ], executable: "/usr/bin/kcat"
                ).lines
            return lines.count >= expected
        }
        #expect(isComplete && lines.count == expected, "\(lines.map { $0.prefix(500) })")
        #expect(lines.allSatisfy { $0.utf8.count < 4_000 }, "\(lines.map(\.count))")
    }

    @Test(.enabled(if: hasInputs, "the inputs of ../shared/data are not beside this checkout"))
    func forgedControlRecordsHoldNobodyUp() throws {
        let model = try QuickModel(tenClassesOnly: true)
        let deployment = try Deployment(workers: 0, model: model)
        let drain = try input("drain-for-ever.json")
        try send(deployment, "control", 0, key: "worker/w1", Data(drain.utf8))
        let lost = try input("cutover-committing-unknown-partition.json")
        try send(deployment, "control", 0, key: "cutover/z", Data(lost.utf8))
        let marker = try input("marker-number-max.json").replacing(
            "PUT A PUBLISHED DIGEST HERE", with: String(repeating: "ab", count: 32))
        try send(
            deployment, "shards", 2, key: "marker/9223372036854775807", Data(marker.utf8),
            headers: ["hsf-kind=marker"])
        // Twice: what the topic held at the first start it holds at the second.
        for start in 0..<2 {
            let worker = try deployment.start("worker", "--name", "w1", "--model", model.path)
            try deployment.push(model.heads[0])
            try deployment.succeed("ingest", "s\(start)=\(SampleTar.path)", "--images", "20", "--size", "32")
            #expect(
                try deployment.waitForPredictions(20 * (start + 1)).images == 20 * (start + 1),
                "\(worker.text)")
            worker.crash()
        }
        #expect(deployment.coordinator.text.contains("no partitions [99]; they are left out"))
    }
}
