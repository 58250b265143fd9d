import ClassifierHead
import Foundation
import Kafka
import PipelineMessages
import Testing

/// More classes in a prediction than a message holds are refused before a worker starts.
@Suite(.serialized, .timeLimit(.minutes(2))) struct TopKTests {
    private func run(_ words: [String]) throws -> Program.Outcome {
        let topics = TopicPlan.all(.standard, partitions: 2).map { ($0.name, $0.partitions) }
        let broker = try EmbeddedBroker(topics: topics + [(TopicNames.embeddedBrokerSign, 1)])
        defer { broker.close() }
        return try Program.run(words + ["--brokers", broker.bootstrap], seconds: 60)
    }

    @Test(arguments: [["worker"], ["fleet", "up", "--workers", "1"]])
    func whatDoesNotFitIsRefusedWithWhatDoes(_ command: [String]) throws {
        let outcome = try run(command + ["--top-k", "65536"])
        #expect(outcome.code == 64, "\(outcome.errors)")
        #expect(
            outcome.errors.contains("--top-k 65536") && outcome.errors.contains(" 3294 always fit"),
            "\(outcome.errors)")
        #expect(!outcome.errors.contains("is ready"), "\(outcome.errors)")
    }

    @Test func aSmallerMessageHoldsFewer() throws {
        let outcome = try run(["worker", "--top-k", "100", "-X", "message.max.bytes=20000"])
        #expect(outcome.code == 64, "\(outcome.errors)")
        #expect(outcome.errors.contains("message.max.bytes (20000), 49 always fit"), "\(outcome.errors)")
    }

    /// All classes of all images of a shard are more than is made at once.
    @Test func manyClassesOfManyImagesAreAllWritten() throws {
        let model = try QuickModel(tenClassesOnly: true)
        let ten = try ClassifierHead(decoding: try model.bytes(of: model.heads[0]))
        let count = 400
        let wide = try ClassifierHead(
            name: "wide", version: "v1",
            classNames: (0..<count).map { "\($0) " + String(repeating: "x", count: 100) },
            featureCount: ten.featureCount,
            weights: (0..<count * ten.featureCount).map { Int8(truncatingIfNeeded: $0 % 7 - 3) },
            bias: (0..<count).map { Int32($0) }, scale: 0.5, backboneDigest: ten.backboneDigest,
            summary: "of a test")
        let folder = try TemporaryFolder()
        let file = folder.file("wide.safetensors")
        try Data(wide.encoded()).write(to: URL(fileURLWithPath: file))
        let deployment = try Deployment(workers: 0, partitions: 1)
        let worker = try deployment.start("worker", "--model", model.path, "--top-k", "\(count)")
        try deployment.waitForWorkers(1)
        try deployment.push(file)
        try deployment.succeed(
            "ingest", "a=\(SampleTar.path)", "--images", "100", "--size", "32", "--shard-images", "100")
        #expect(try deployment.waitForPredictions(100).images == 100, "\(worker.text)")
        let records = try deployment.succeed("predictions").lines.map { try Prediction(json: Array($0.utf8)) }
        #expect(records.count == 100 && records.allSatisfy { $0.top.count == count })
        #expect(records.map(\.address.index).sorted() == Array(0..<100))
        // More than one piece of 4 MiB.
        #expect(records.reduce(0) { $0 + $1.json.count } > 5_000_000)
        #expect(try deployment.run("audit", "--images", "100").code == 0)
        #expect(worker.finish() == 0)
    }
}
