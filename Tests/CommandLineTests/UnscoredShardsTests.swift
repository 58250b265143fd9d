import Foundation
import PipelineMessages
import Testing

/// `audit --shards` names shards that were left out, and no others.
@Suite(.serialized) struct UnscoredShardsTests {
    private struct Place: Decodable { let end: Int64, committed: Int64? }

    @Test func aShardThatWasLeftOutIsNamed() throws {
        let deployment = try Deployment(workers: 0, partitions: 1)
        func place() throws -> Place {
            let line = try #require(try deployment.succeed("positions", "show", "--json").lines.first)
            return try JSONDecoder().decode(Place.self, from: Data(line.utf8))
        }
        let fleet = try deployment.start("fleet", "up", "--workers", "1", "--exit-with-parent")
        try deployment.waitForWorkers(1)
        try deployment.push("builtin:v1")
        // A dead letter is no shard that was left out.
        try deployment.produce(topic: "hashiflex.shards", key: "cam", Array("no shard".utf8))
        // Until an image is scored, nothing is right.
        let isSaid = try eventually(seconds: 20) {
            let status = try deployment.run("fleet", "status")
            return status.code == 1 && status.output.contains("ALARM: every shard")
        }
        #expect(isSaid)
        #expect(try deployment.succeed("top", "--count", "1").output.contains("ALARM: every shard"))
        let doctor = try deployment.run("doctor")
        #expect(doctor.code == 1 && doctor.output.contains("BAD  shards: every shard"), "\(doctor.output)")
        try deployment.succeed(
            "ingest", "before=\(SampleTar.path)", "--images", "8", "--size", "32", "--shard-images", "4")
        let isRead = try eventually(seconds: 60) {
            let place = try place()
            return place.end >= 4 && place.committed == place.end
        }
        #expect(isRead, "\(fleet.text)")
        let sound = try deployment.run("audit", "--images", "8", "--shards")
        #expect(
            sound.code == 0 && sound.output.contains("shards left out   0\n"),
            "\(sound.output)\(sound.errors)")
        #expect(fleet.finish(seconds: 20) == 0)

        // Ten shards more, and a prediction of the last of them alone.
        let begin = try place().end
        try deployment.succeed(
            "ingest", "after=\(SampleTar.path)", "--images", "40", "--size", "32", "--shard-images", "4")
        let last = try place().end - 1
        try #require(last - begin == 9)
        let read = try Program.run(
            [
                "-C", "-b", deployment.brokers, "-t", "hashiflex.predictions", "-p", "0", "-o", "-1", "-e",
                "-q",
            ],
            executable: "/usr/bin/kcat")
        let record = try #require(read.lines.last)
        let offset = try #require(record.firstMatch(of: /"offset":[0-9]+/))
        try deployment.produce(
            topic: "hashiflex.predictions", key: "hashiflex.shards/0@\(last)#0",
            Array(record.replacingCharacters(in: offset.range, with: "\"offset\":\(last)").utf8))
        // A receipt of another topic excuses nothing.
        let foreign = Receipt(
            topic: "other", partition: 0, offset: begin, stream: "", images: 0, errors: 0, imagesBefore: 0,
            deadLetter: "broken", head: nil, worker: "somebody",
            incarnation: String(repeating: "a", count: 16),
            serviceUs: 0, scoredAtMs: 1)
        try deployment.produce(topic: "hashiflex.receipts", key: foreign.key, foreign.json)
        let audit = try deployment.run("audit", "--shards", "--json")
        #expect(audit.code == 1)
        #expect(audit.output.contains("\"unscored_shards\":9"), "\(audit.output)\(audit.errors)")
        #expect(
            audit.output.contains("hashiflex.shards\\/0@\(begin): neither a prediction nor a dead letter")
                || audit.output.contains(
                    "hashiflex.shards/0@\(begin): neither a prediction nor a dead letter"),
            "\(audit.output)")
        // Passed over on the record is not left out.
        try deployment.succeed(
            "positions", "move", "--partition", "0", "--to", "\(last)", "--reason", "not wanted")
        let moved = try deployment.run("audit", "--shards", "--json")
        #expect(moved.output.contains("\"unscored_shards\":0"), "\(moved.output)\(moved.errors)")
        // A partition that is not there is a finding, and not waited for.
        let strange = record.replacing("\"partition\":0", with: "\"partition\":999")
        try deployment.produce(
            topic: "hashiflex.predictions", key: "hashiflex.shards/999@0#0", Array(strange.utf8))
        let unknown = try deployment.run("audit", "--images", "1", "--shards", "--json")
        #expect(unknown.code == 1, "\(unknown.output)\(unknown.errors)")
        for field in [#""unknown_places":1"#, #""unreadable":0"#, #""images_wanted":1"#] {
            #expect(unknown.output.contains(field), "\(unknown.output)\(unknown.errors)")
        }
    }
}
