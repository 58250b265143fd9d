import Coordinator
import Kafka
import PipelineMessages
import Testing
import Threads

/// Asking the shard topic.
@Suite(.timeLimit(.minutes(1))) struct MarkerSearchTests {
    /// Each partition may take seconds where its leader is silent.
    @Test func whoIsToldToEndAsksNoFurtherPartition() throws {
        let topics = try #require(TopicNames(prefix: "test"))
        let broker = try EmbeddedBroker(
            topics: TopicPlan.all(topics, partitions: 3).map { ($0.name, $0.partitions) })
        defer { broker.close() }
        let stop = Signal()
        let search = try MarkerSearch(
            CoordinatorOptions(name: "c", kafka: broker.configuration, topics: topics), until: stop)
        defer { search.close() }
        #expect(try search.ends().map(\.partition) == [0, 1, 2])
        stop.set()
        let error = #expect(throws: KafkaError.self) { try search.ends() }
        #expect(error?.message.contains("the coordinator ends") == true)
    }
}
