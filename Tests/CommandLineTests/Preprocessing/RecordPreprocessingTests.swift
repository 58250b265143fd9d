import Foundation
import HardenedBackbone
import ImageDecoding
import PipelineMessages
import Testing

/// `audit`, `replay` and `ingest` over records that say what no fleet of this version would have done.
@Suite(.serialized) struct RecordPreprocessingTests {
    /// A heartbeat by a clock of 1970: that it was written just now counts.
    private func heartbeat(
        _ model: StatedModel, states text: String?, _ state: WorkerStatus.State
    ) -> [UInt8] {
        var status = WorkerStatus(
            worker: "planted", incarnation: "0011223344556677", host: "h", pid: 1, startedAtMs: 1,
            backbone: model.artifact.digest, isa: "scalar", replicas: 1)
        status.state = state
        status.preprocessing = text
        return JSONRecord.encode(status)
    }

    /// A prediction of the first image of the first shard of partition 0.
    private func prediction(_ model: StatedModel, offset: Int64, stream: String) -> Prediction {
        Prediction(
            address: ImageAddress(topic: "hashiflex.shards", partition: 0, offset: offset, index: 0),
            id: "t10k/000000", stream: stream, sequence: 0, capturedAtMs: nil, label: nil,
            backbone: model.artifact.digest, head: nil, top: [], logitsDigest: nil, error: "planted")
    }

    private func plant(_ prediction: Prediction, in deployment: Deployment) throws {
        try deployment.produce(
            topic: "hashiflex.predictions", key: prediction.address.description, prediction.json)
    }

    /// A worker of an earlier version took tensors of other pictures: only the records tell.
    @Test func auditAndReplayRefuseAPredictionOfOtherTensors() throws {
        let model = try StatedModel(Planted.torchvision)
        let deployment = try Deployment(workers: 0, partitions: 1)
        let tensors = ["--size", "32", "--encoding", "tensors", "--images", "1"]
        for more in [tensors + ["--preprocess", "torchvision"], ["--size", "32", "--images", "1"], tensors] {
            let sent = try Program.run(
                ["ingest", "--stream", "s", SampleTar.path, "--brokers", deployment.brokers] + more)
            try #require(sent.code == 0, "\(sent.errors)")
        }
        // Tensors that state the same, and a file: nothing to complain of.
        for offset in [0, 1] as [Int64] {
            try plant(prediction(model, offset: offset, stream: "s"), in: deployment)
        }
        let silent = try deployment.run("audit", "--shards")
        #expect(silent.errors.contains("no worker has stated its preprocessing"), "\(silent.errors)")
        try deployment.produce(
            topic: "hashiflex.status", key: "worker/planted",
            heartbeat(model, states: Planted.torchvision, .stopped))
        let clean = try deployment.run("audit", "--shards", "--images", "2")
        #expect(clean.code == 0, "\(clean.output)\(clean.errors)")
        #expect(clean.errors.contains("compared the preprocessing of 1 shards"), "\(clean.errors)")

        try plant(prediction(model, offset: 2, stream: "s"), in: deployment)
        #expect(try deployment.run("audit", "--images", "3").code == 0, "shards are read on demand")
        let found = try deployment.run("audit", "--images", "3", "--shards")
        #expect(found.code == 65, "\(found.output)\(found.errors)")
        for text in [
            "shard hashiflex.shards/0@2 states", Planted.builtIn, Planted.torchvision, "ingest again",
        ] {
            #expect(found.errors.contains(text), "\(found.errors)")
        }
        #expect(!found.errors.contains("0@0") && !found.errors.contains("0@1"), "\(found.errors)")

        let replay = try deployment.run("replay", "hashiflex.shards/0@2#0", "--model", model.path)
        #expect(replay.code == 65, "\(replay.output)\(replay.errors)")
        for text in [Planted.builtIn, Planted.torchvision, "--model"] {
            #expect(replay.errors.contains(text), "\(replay.errors)")
        }
        // The others are computed; what was planted there is no prediction of this backbone.
        for offset in [0, 1] {
            let other = try deployment.run("replay", "hashiflex.shards/0@\(offset)#0", "--model", model.path)
            #expect(other.code == 1, "\(other.output)\(other.errors)")
            #expect(other.errors.contains("no head is in force"), "\(other.errors)")
        }
    }

    @Test func theAuditNamesAHeadOfOtherPictures() throws {
        let model = try StatedModel(Planted.torchvision)
        let deployment = try Deployment(workers: 0)
        let foreign = model.folder.file("foreign.safetensors")
        try ForeignHead.write(to: foreign)
        for head in [
            try model.head("same", states: Planted.torchvision), try model.head("old", states: nil), foreign,
        ] {
            #expect(try deployment.run("head", "push", head, "--no-wait").code == 0)
        }
        try deployment.produce(
            topic: "hashiflex.status", key: "worker/planted",
            heartbeat(model, states: Planted.torchvision, .stopped))
        #expect(try deployment.run("audit").code == 0)
        // A live worker would have kept this one away; this one has stopped.
        #expect(
            try deployment.run("head", "push", try model.head("other", states: Planted.timm), "--no-wait")
                .code
                == 0)
        let audit = try deployment.run("audit", "--json")
        #expect(audit.code == 65 && audit.output.contains("\"images\":0"), "\(audit.output)")
        for text in ["head ", Planted.timm, Planted.torchvision, "fit the head again"] {
            #expect(audit.errors.contains(text), "\(audit.errors)")
        }
        #expect(audit.errors.split(separator: "\n").count { $0.contains("states preprocessing") } == 1)
    }

    /// Heartbeats of earlier versions say nothing: what they would refuse is not known, and is sent.
    @Test func onlyLiveWorkersThatStateSomethingHoldTensorsBack() throws {
        let model = try StatedModel(Planted.torchvision)
        let deployment = try Deployment(workers: 0)
        let ingest = [
            "ingest", SampleTar.path, "--images", "1", "--size", "32", "--encoding", "tensors", "--brokers",
            deployment.brokers,
        ]
        for (text, isLive, code) in [
            (nil, true, 0), (Planted.torchvision, false, 0), (Planted.torchvision, true, 65),
            (Planted.builtIn, true, 0), ("none", true, 0), ("", true, 0),
        ] as [(String?, Bool, Int32)] {
            // The last heartbeat of a worker counts.
            try deployment.produce(
                topic: "hashiflex.status", key: "worker/planted",
                heartbeat(model, states: text, isLive ? .running : .stopped))
            let outcome = try Program.run(ingest)
            #expect(outcome.code == code, "\(text ?? "nothing"), \(isLive): \(outcome.errors)")
        }
    }
}
