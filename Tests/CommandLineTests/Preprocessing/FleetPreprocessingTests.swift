import Foundation
import ImageDecoding
import PipelineMessages
import Testing

/// Ingest, heads and workers of different preprocessing, over real processes.
@Suite(.serialized) struct FleetPreprocessingTests {
    private func expect(
        _ outcome: Program.Outcome, code: Int32, _ texts: [String], at line: SourceLocation = #_sourceLocation
    ) {
        #expect(outcome.code == code, "\(outcome.output)\(outcome.errors)", sourceLocation: line)
        for text in texts {
            #expect(outcome.errors.contains(text), "\(outcome.errors)", sourceLocation: line)
        }
    }

    /// A shard of tensors as a program of somebody else makes it.
    private func shard(_ stream: String, states text: String, images: Int = 3) -> [UInt8] {
        let side = 32
        return ShardCodec.encode(
            ImageShard(
                stream: stream, sequence: 0, createdAtMs: 1,
                images: (0..<images).map { ShardImage(id: "\($0)") },
                content: .tensors(
                    height: side, width: side, channels: 3,
                    bytes: Pictures.noise(side, side * images, seed: 9).bytes), preprocessing: text))
    }

    /// Who states what:
    ///
    /// | worker | ingest | sent |
    /// | --- | --- | --- |
    /// | torchvision | tensors, nothing asked for | no |
    /// | torchvision | pixels, which become tensors by themselves | no |
    /// | torchvision | files | yes: the worker prepares them |
    /// | torchvision | tensors, asked for as the artefact states, or by the preset's name | yes |
    @Test func tensorsThatTheFleetWouldRefuseAreNotSent() throws {
        let model = try StatedModel(Planted.torchvision)
        let deployment = try Deployment(workers: 0)
        let worker = try deployment.startWorker(model.path)
        try deployment.push(try model.head(states: Planted.torchvision))
        let both = [Planted.builtIn, Planted.torchvision, "worker one", "--encoding files"]

        let sample = [SampleTar.path, "--images", "20"]
        func ingest(_ stream: String, _ more: [String], input: Data? = nil) throws -> Program.Outcome {
            try Program.run(
                ["ingest", "--stream", stream, "--brokers", deployment.brokers] + more, input: input)
        }
        expect(
            try ingest("a", sample + ["--size", "32", "--encoding", "tensors"]), code: 65, both)
        let frame = Data(Pictures.noise(40, 30).bytes)
        expect(try ingest("b", ["-", "--raw", "40x30", "--size", "32"], input: frame), code: 65, both)
        let timm = ["--encoding", "tensors", "--preprocess", "timm", "--size", "32"]
        expect(try ingest("c", sample + timm), code: 65, [Planted.timm, Planted.torchvision])

        for more in [
            ["--size", "32", "--encoding", "files"], ["--encoding", "tensors", "--preprocess", model.path],
            ["--encoding", "tensors", "--preprocess", "torchvision", "--size", "32"],
        ] {
            expect(try ingest("d\(more.count)", sample + more), code: 0, [])
        }
        let count = try deployment.waitForPredictions(60)
        #expect(count.images == 60 && count.differing == 0)
        let lines = try deployment.succeed("predictions").lines
        #expect(lines.allSatisfy { $0.contains(#""stream":"d"#) && !$0.contains("error") }, "\(lines)")
        // Files and tensors are the same pictures in the end.
        for id in ["t10k/000003", "t10k/000017"] {
            let same = Set(
                lines.filter { $0.contains("\"id\":\"\(id)") }.compactMap {
                    $0.firstMatch(of: /"top":\[.*?\]/)?.0
                })
            #expect(same.count == 1, "\(same)")
        }
        let audit = try deployment.run("audit", "--images", "60", "--shards")
        #expect(audit.code == 0, "\(audit.output)\(audit.errors)")
        let compared = try #require(
            audit.errors.firstMatch(of: /preprocessing of ([0-9]+) shards of tensors/)
        ).1
        #expect((Int(compared) ?? 0) >= 2, "\(audit.errors)")
        #expect(try deployment.deadLetters().isEmpty)
        #expect(worker.finish() == 0)
    }

    @Test func headsOfOtherPicturesAreNotPublished() throws {
        let model = try StatedModel(Planted.torchvision)
        let deployment = try Deployment(workers: 0)
        let worker = try deployment.startWorker(model.path)
        let other = try model.head("other", states: Planted.timm)
        expect(
            try deployment.run("head", "push", other), code: 65,
            [Planted.timm, Planted.torchvision, "nothing was published"])
        #expect(try deployment.succeed("head", "list", "--json").lines.isEmpty)
        #expect(try deployment.succeed("head", "status").output.isEmpty)
        // Heads that state nothing, as they were before, and those that state the same, are pushed.
        try deployment.push(try model.head("old", states: nil))
        try deployment.push(try model.head("new", states: Planted.torchvision))
        #expect(try deployment.succeed("head", "list", "--json").lines.count == 2)
        #expect(worker.finish() == 0)
    }

    /// Nobody was there to compare with when it was pushed: the worker that comes refuses it by itself.
    @Test func aWorkerRefusesAHeadOfOtherPictures() throws {
        let model = try StatedModel(Planted.torchvision)
        let deployment = try Deployment(workers: 0)
        let other = try model.head("other", states: Planted.timm)
        let push = try deployment.start("head", "push", other, "--deadline", "60")
        #expect(eventually(seconds: 20) { push.text.contains("published other@v1") }, "\(push.text)")
        let worker = try deployment.startWorker(model.path)
        #expect(eventually(seconds: 60) { !push.isRunning })
        #expect(push.exitCode == 76, "\(push.text)")
        for text in ["one: ", Planted.timm, Planted.torchvision, "not switched on anywhere"] {
            #expect(push.text.contains(text), "\(push.text)")
        }
        #expect(try deployment.succeed("head", "status").output.contains(": aborted"))
        // It lies in the topic all the same: an audit says so, whether the worker still runs or not.
        #expect(worker.finish() == 0)
        expect(
            try deployment.run("audit"), code: 65, [Planted.timm, Planted.torchvision, "fit the head again"])
    }

    /// Shards that were there before the worker.
    @Test func shardsOfOtherTensorsBecomeDeadLetters() throws {
        let model = try StatedModel(Planted.torchvision)
        let deployment = try Deployment(workers: 0, partitions: 2)
        let sample = [
            SampleTar.path, "--images", "10", "--shard-images", "5", "--brokers", deployment.brokers,
        ]
        for (stream, more) in [
            ("wrong", ["--encoding", "tensors", "--preprocess", "timm", "--size", "32"]),
            ("right", ["--encoding", "tensors", "--preprocess", model.path]),
            ("files", ["--preprocess", "timm", "--size", "32"]),
        ] {
            expect(try Program.run(["ingest", "--stream", stream] + sample + more), code: 0, [])
        }
        for text in [Planted.unknown, ""] {
            try deployment.produce(
                topic: "hashiflex.shards", key: "foreign", header: "hsf-kind=shard",
                shard("foreign", states: text))
        }
        let worker = try deployment.startWorker(model.path)
        try deployment.push(try model.head(states: Planted.torchvision))
        #expect(try deployment.waitForPredictions(20).images == 20)
        let allTold = try eventually(seconds: 20) { try deployment.deadLetters().count >= 4 }
        let letters = try deployment.deadLetters()
        #expect(allTold && letters.count == 4, "\(letters)")
        #expect(letters.allSatisfy { $0.code == "wrong-preprocessing" }, "\(letters)")
        #expect(letters.allSatisfy { $0.reason.contains(Planted.torchvision) }, "\(letters)")
        for (text, count) in [(Planted.timm, 2), (Planted.unknown, 1), ("''", 1)] {
            #expect(letters.count { $0.reason.contains(text) } == count, "\(text): \(letters)")
        }
        let lines = try deployment.succeed("predictions").lines
        #expect(
            lines.allSatisfy { !$0.contains("wrong") && !$0.contains("foreign") && !$0.contains("error") })
        #expect(try deployment.run("audit", "--images", "20", "--shards").code == 0)
        #expect(worker.finish() == 0)
    }

    /// The worker can not make the pictures, but others can.
    @Test func aBackboneOfUnknownPreprocessingTakesTensorsThatStateTheSame() throws {
        let model = try StatedModel(Planted.unknown)
        let deployment = try Deployment(workers: 0, partitions: 1)
        let worker = try deployment.startWorker(model.path)
        try deployment.push(try model.head(states: Planted.unknown))
        // Tensors of ours are not what it wants; files are for the worker to judge.
        let sample = [SampleTar.path, "--images", "4", "--brokers", deployment.brokers]
        expect(
            try Program.run(["ingest", "--encoding", "tensors", "--size", "32"] + sample), code: 65,
            [Planted.unknown, Planted.builtIn])
        expect(try Program.run(["ingest"] + sample), code: 0, [])
        for text in [Planted.unknown, Planted.builtIn] {
            try deployment.produce(
                topic: "hashiflex.shards", key: "camera", header: "hsf-kind=shard",
                shard("camera", states: text))
        }
        #expect(try deployment.waitForPredictions(3).images == 3)
        let allTold = try eventually(seconds: 20) { try deployment.deadLetters().count >= 2 }
        let letters = try deployment.deadLetters()
        #expect(
            allTold && letters.map(\.code) == ["unknown-preprocessing", "wrong-preprocessing"], "\(letters)")
        #expect(letters.allSatisfy { $0.reason.contains(Planted.unknown) }, "\(letters)")
        let lines = try deployment.succeed("predictions").lines
        #expect(lines.count == 3 && lines.allSatisfy { $0.contains(#""stream":"camera""#) }, "\(lines)")
        #expect(worker.finish() == 0)
    }
}
