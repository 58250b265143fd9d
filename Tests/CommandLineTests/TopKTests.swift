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
}
