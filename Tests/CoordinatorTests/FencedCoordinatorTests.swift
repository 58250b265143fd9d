import Kafka
import PipelineMessages
import Testing

extension CoordinatorServiceTests {
    /// As when its own join, repeated to a node that was frozen, is taken for another's; then as by another, who comes back.
    @Test func whoIsFencedStepsDownAndJoinsAgainOnce() throws {
        let deployment = try Deployment(partitions: 3)
        defer { deployment.close() }
        let coordinator = deployment.coordinator("c1")
        func terms() -> Int { coordinator.lines.count { $0 == "this coordinator leads" } }
        func fence() throws {
            try deployment.broker.pushRequestErrors(.heartbeat, codes: [KafkaError.Code.fencedInstance])
        }
        coordinator.waitUntilLeading()
        try fence()
        eventually("it steps down and says why") {
            coordinator.lines.contains { $0.contains("joins once more in") }
        }
        eventually("it leads again", within: .seconds(60)) { terms() == 2 }
        let head = try deployment.publishHead("blue")
        try deployment.beat("w1", ready: [head])
        try deployment.ask("r1", head)
        let committed = try deployment.wait(for: .committed, of: "r1")
        #expect(committed.offsets?.count == 3)

        try fence()
        eventually("it ends") {
            coordinator.lines.contains {
                $0.hasPrefix("failed: ")
                    && $0.contains(
                        "another coordinator has started under the name c1; give each its own --name")
            }
        }
        #expect(terms() == 2)
    }
}
