import Artifacts
import ClassifierHead
import Foundation
import HardenedModel
import Testing

/// Fleets of a backbone whose head is frozen, over real processes.
@Suite(.serialized) struct FrozenFleetTests {
    private struct Record: Decodable {
        struct Class: Decodable, Equatable { let index: Int, name: String, logit: Int }
        let id: String, backbone: String, head: String?, head_name: String?, cutover: Int?, top: [Class]
        let topic: String, partition: Int, offset: Int, index: Int
        var address: String { "\(topic)/\(partition)@\(offset)#\(index)" }
    }

    private struct Heartbeat: Decodable {
        struct Frozen: Decodable { let head: String, label: String, cutovers_ignored: Int }
        let worker: String?, frozen_head: Frozen?, alarms: [String]?
    }

    private func records(_ deployment: Deployment) throws -> [Record] {
        try deployment.succeed("predictions", "--distinct").lines.map {
            try JSONDecoder().decode(Record.self, from: Data($0.utf8))
        }
    }

    private func heartbeats(_ deployment: Deployment) throws -> [Heartbeat] {
        try deployment.run("fleet", "status", "--json").lines.compactMap {
            try? JSONDecoder().decode(Heartbeat.self, from: Data($0.utf8))
        }
    }

    private func startWorker(
        _ deployment: Deployment, _ model: String, name: String = "ice"
    ) throws -> Background {
        let worker = try deployment.start(
            "worker", "--model", model, "--name", name, "--replicas", "1", "--top-k", "10")
        let isReady = try eventually(seconds: 40) {
            try deployment.workers().contains { $0.worker == name && !$0.partitions.isEmpty }
        }
        try #require(isReady, "\(worker.text)")
        return worker
    }

    /// Writes a record as another program would.
    private func produce(
        _ deployment: Deployment, topic: String, partition: Int = 0, key: String, header: String? = nil,
        _ value: [UInt8]
    ) throws {
        let folder = try TemporaryFolder()
        let path = folder.file("record")
        try Data(value).write(to: URL(fileURLWithPath: path))
        let sent = try Program.run(
            ["-P", "-b", deployment.brokers, "-t", topic, "-p", "\(partition)", "-k", key]
                + (header.map { ["-H", $0] } ?? []) + [path], executable: "/usr/bin/kcat")
        try #require(sent.code == 0, "\(sent.errors)")
    }

    @Test func itScoresWithoutAPushLikeTheOpenBackboneWithThatHead() throws {
        let quick = try QuickModel()
        let model = try HardenedModel(decoding: try quick.bytes(of: try quick.frozen()))
        let ingest = ["ingest", SampleTar.path, "--images", "200", "--size", "32"]

        let frozen = try Deployment(workers: 0)
        let ice = try startWorker(frozen, try quick.frozen())
        _ = try Program.run(ingest + ["--brokers", frozen.brokers])
        #expect(try frozen.waitForPredictions(200).images == 200)
        let mine = try records(frozen)
        #expect(mine.count == 200)
        for record in mine {
            #expect(record.backbone == model.digest.hex && record.head == model.frozenHead?.digest.hex)
            #expect(record.head_name == "quick@v2" && record.cutover == nil)
        }
        let audit = try frozen.run("audit", "--images", "200")
        #expect(audit.code == 0 && audit.output.contains("frozen head       200"), "\(audit.output)")
        let address = try #require(mine.last).address
        let replay = try frozen.run("replay", address, "--model", try quick.frozen())
        #expect(replay.code == 0 && replay.output.hasPrefix("MATCH"), "\(replay.output)\(replay.errors)")
        let openReplay = try frozen.run("replay", address, "--model", quick.path)
        #expect(openReplay.code == 1 && openReplay.output.contains("pass --model"), "\(openReplay.output)")

        #expect(ice.finish() == 0)

        let open = try Deployment(workers: 0)
        let worker = try startWorker(open, quick.path)
        try open.push(quick.heads[1])
        _ = try Program.run(ingest + ["--brokers", open.brokers])
        #expect(try open.waitForPredictions(200).images == 200)
        let theirs = Dictionary(uniqueKeysWithValues: try records(open).map { ($0.id, $0) })
        for record in mine {
            let other = try #require(theirs[record.id])
            #expect(record.top == other.top && record.top.count == 10, "\(record.id)")
            #expect(other.cutover != nil && other.head == record.head && other.backbone != record.backbone)
        }
        #expect(worker.finish() == 0)
    }

    @Test func pushesAndRollbacksAreRefusedBeforeAnythingIsPublished() throws {
        let quick = try QuickModel()
        let deployment = try Deployment(workers: 0)
        let ice = try startWorker(deployment, try quick.frozen())
        #expect(ice.text.contains("is frozen into backbone"), "\(ice.text)")
        for arguments in [
            ["head", "push", quick.heads[0]], ["head", "push", quick.heads[1]],
            ["head", "push", quick.heads[0], "--partitions", "0", "--require", "1"], ["head", "rollback"],
        ] {
            let outcome = try Program.run(arguments + ["--brokers", deployment.brokers])
            #expect(outcome.code == 76, "\(arguments): \(outcome.errors)")
            #expect(outcome.errors.contains("ice: head quick@v2 ("), "\(outcome.errors)")
            #expect(outcome.errors.contains("only an open backbone takes another head"), "\(outcome.errors)")
        }
        #expect(try deployment.succeed("head", "list", "--json").lines.isEmpty)
        #expect(try deployment.succeed("head", "status").output.isEmpty)
    }

    /// A push that finds no worker is published; the worker that comes refuses it, and the coordinator with it.
    @Test func aPushThatCameFirstIsRefusedByWorkerAndCoordinator() throws {
        let quick = try QuickModel()
        let deployment = try Deployment(workers: 0)
        let push = try deployment.start("head", "push", quick.heads[0], "--deadline", "60")
        #expect(eventually(seconds: 20) { push.text.contains("published quick@v1") }, "\(push.text)")
        let ice = try startWorker(deployment, try quick.frozen())
        #expect(eventually(seconds: 40) { !push.isRunning })
        #expect(push.exitCode == 76, "\(push.text)")
        #expect(push.text.contains("ice: head quick@v2 (") && push.text.contains("is frozen into backbone"))
        #expect(try deployment.succeed("head", "status").output.contains(": aborted"))
        #expect(ice.finish() == 0)
    }

    /// Records that no coordinator of ours would write: a head, a decision and markers.
    @Test func foreignRecordsChangeNoHeadAndAreCounted() throws {
        let quick = try QuickModel()
        let deployment = try Deployment(workers: 0, partitions: 2)
        let ice = try startWorker(deployment, try quick.frozen())
        let file = try quick.bytes(of: quick.heads[0])
        let head = try ClassifierHead(decoding: file)
        let manifest: [String: Any] = [
            "head": head.digest.hex, "label": "quick@v1", "backbone": head.backboneDigest.hex,
            "file": ContentDigest(of: file).hex, "bytes": file.count, "chunks": 1, "classes": head.classCount,
            "published_at_ms": 1,
        ]
        let key = "head/\(head.digest.hex)"
        let control = "hashiflex.control"
        try produce(deployment, topic: control, key: "\(key)/chunk/0", file)
        try produce(
            deployment, topic: control, key: "\(key)/manifest",
            Array(try JSONSerialization.data(withJSONObject: manifest)))
        let decision =
            #"{"request":"evil","state":"committed","slot":"default","head":"\#(head.digest.hex)","#
            + #""label":"quick@v1","deadline_ms":1,"requested_at_ms":1,"updated_at_ms":1,"number":0,"#
            + #""offsets":[{"partition":0,"offset":0},{"partition":1,"offset":0}]}"#
        try produce(deployment, topic: control, key: "cutover/evil", Array(decision.utf8))
        for partition in 0..<2 {
            let marker =
                #"{"number":9,"request":"worse","slot":"default","head":"\#(head.digest.hex)","label":"quick@v1"}"#
            try produce(
                deployment, topic: "hashiflex.shards", partition: partition, key: "marker/9",
                header: "hsf-kind=marker", Array(marker.utf8))
        }
        try deployment.succeed("ingest", SampleTar.path, "--images", "100", "--size", "32")
        #expect(try deployment.waitForPredictions(100).images == 100)
        let found = try records(deployment)
        #expect(found.allSatisfy { $0.head_name == "quick@v2" && $0.cutover == nil })
        let isCounted = try eventually(seconds: 30) {
            try heartbeats(deployment).contains { $0.frozen_head?.cutovers_ignored == 1 }
        }
        #expect(isCounted, "\(ice.text)")
        #expect(ice.text.contains("cut-over ignored"), "\(ice.text)")
        let status = try deployment.succeed("fleet", "status")
        #expect(
            status.output.contains("ice: head quick@v2 is frozen; 1 cut-overs ignored"), "\(status.output)")
        #expect(status.output.contains("refused head \(head.digest.short)"), "\(status.output)")
        let audit = try deployment.run("audit", "--images", "100")
        #expect(audit.code == 0, "\(audit.output)")
    }

    @Test func aFleetOfFrozenAndOpenBackbonesSwitchesNothingAndRaisesAnAlarm() throws {
        let quick = try QuickModel()
        let deployment = try Deployment(workers: 1, model: quick)
        try deployment.push(quick.heads[0])
        let ice = try startWorker(deployment, try quick.frozen())
        let refused = try deployment.run("head", "push", quick.heads[1], "--require", "1")
        #expect(refused.code == 76 && refused.errors.contains("ice: head quick@v2 ("), "\(refused.errors)")
        let isSaid = try eventually(seconds: 30) {
            try heartbeats(deployment).contains {
                $0.alarms?.contains { $0.contains("ice runs frozen backbone") } == true
            }
        }
        #expect(isSaid, "no alarm about two backbones")
        #expect(ice.finish() == 0)
        // Once it left, heads are switched again, and the alarm is over.
        let isFree = try eventually(seconds: 20) {
            try deployment.run("head", "push", quick.heads[1]).code == 0
        }
        #expect(isFree)
        #expect(try heartbeats(deployment).allSatisfy { $0.alarms?.isEmpty != false })
    }
}
