import Kafka
import PipelineMessages
import Testing

/// A session timeout that the broker refuses ends worker, fleet and coordinator with 64, before anything is called ready.
@Suite(.serialized, .timeLimit(.minutes(2))) struct SessionTimeoutTests {
    @Test(arguments: ["worker", "fleet up --workers 1", "coordinator"])
    func isRefusedWithTheBounds(_ command: String) throws {
        let topics = TopicPlan.all(.standard, partitions: 2).map { ($0.name, $0.partitions) }
        let broker = try EmbeddedBroker(topics: topics + [(TopicNames.embeddedBrokerSign, 1)])
        defer { broker.close() }
        try broker.pushRequestErrors(.joinGroup, codes: [KafkaError.Code.invalidSessionTimeout])
        let words = command.split(separator: " ").map(String.init)
        let outcome = try Program.run(words + ["--brokers", broker.bootstrap], seconds: 60)
        #expect(outcome.code == 64, "\(outcome.errors)")
        #expect(outcome.errors.contains("session.timeout.ms=3500"), "\(outcome.errors)")
        #expect(outcome.errors.contains("group.min.session.timeout.ms"), "\(outcome.errors)")
        #expect(!outcome.errors.contains("is ready"), "\(outcome.errors)")
        if command != "coordinator" {
            #expect(outcome.errors.contains("--session-timeout-ms"), "\(outcome.errors)")
        }
    }
}
