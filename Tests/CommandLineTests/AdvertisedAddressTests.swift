import Foundation
import Kafka
import PipelineMessages
import Testing

/// A broker that sends its clients where nobody listens is told from one that is away.
@Suite(.serialized, .timeLimit(.minutes(2))) struct AdvertisedAddressTests {
    @Test(arguments: ["topics list", "topics create", "head list", "worker"])
    func addressesThatNobodyAnswersAreNamed(_ command: String) throws {
        let topics = TopicPlan.all(.standard, partitions: 2).map { ($0.name, $0.partitions) }
        let broker = try EmbeddedBroker(topics: topics)
        defer { broker.close() }
        let port = try #require(broker.bootstrap.split(separator: ":").last.flatMap { UInt16($0) })
        // Port 1 is privileged and unused.
        let proxy = try MisleadingProxy(target: port, advertised: 1)
        defer { proxy.close() }
        let words = command.split(separator: " ").map(String.init)
        let begin = Date()
        let outcome = try Program.run(words + ["--brokers", proxy.address], seconds: 60)
        #expect(outcome.code == 69, "\(outcome.output)\(outcome.errors)")
        #expect(
            outcome.errors.contains(
                "the broker answers at \(proxy.address), but nobody at the addresses that it advertises: "
                    + "127.0.0.1:1 (Connection refused)"), "\(outcome.errors)")
        #expect(outcome.errors.contains("advertised.listeners"), "\(outcome.errors)")
        #expect(Date().timeIntervalSince(begin) < 20)
    }
}
