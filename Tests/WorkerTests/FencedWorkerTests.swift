import Foundation
import HardenedBackbone
import ImageDecoding
import Kafka
import PipelineMessages
import Synchronization
import TestSupport
import Testing
import Threads
import Worker

/// A worker whose name its group has given away.
@Suite(.timeLimit(.minutes(4))) struct FencedWorkerTests {
    /// As when its own join, repeated to a node that was frozen, is taken for another's; then as by another, who comes back.
    @Test func whoIsFencedJoinsAgainOnce() throws {
        let topics = try #require(TopicNames(prefix: "test"))
        let broker = try EmbeddedBroker(
            topics: TopicPlan.all(topics, partitions: 2).map { ($0.name, $0.partitions) })
        defer { broker.close() }
        let artifact = try SmallBackbone.make()
        var options = WorkerOptions(
            worker: "w", incarnation: "1", kafka: broker.configuration, topics: topics,
            plan: try BackbonePlan(artifact), preprocessing: StatedPreprocessing(artifact.preprocessing),
            replicas: 1)
        // The embedded broker forgets a joining member sooner than its own first wait of 3 s otherwise.
        options.sessionTimeoutMs = 3_500
        let said = Lines()
        let service = WorkerService(options, log: { said.add($0) })
        let thread = PlatformThread("worker w") {
            do throws(WorkerFailure) {
                try service.run()
            } catch {
                said.add("failed: \(error)")
            }
        }
        defer {
            service.requestStop()
            thread.join()
        }
        func fence() throws {
            try broker.pushRequestErrors(.heartbeat, codes: [KafkaError.Code.fencedInstance])
        }
        eventually("it is ready", said) { $0.contains("worker w is ready") }
        try fence()
        eventually("it says why it joins again", said) { $0.contains("joins once more in") }
        eventually("it is back", said) {
            $0.contains("group: back after") && $0.contains("with 2 partitions")
        }
        #expect(!said.all.contains { $0.hasPrefix("failed: ") }, "\(said.all)")
        try fence()
        eventually("it ends", said) {
            $0.hasPrefix("failed: ") && $0.contains("another worker has started under this one's name")
        }
    }

    private func eventually(_ what: String, _ said: Lines, _ isIt: (String) -> Bool) {
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
            if said.all.contains(where: isIt) { return }
            usleep(20_000)
        }
        Issue.record("never happened: \(what): \(said.all)")
    }
}

/// Lines that several threads write.
private final class Lines: Sendable {
    private let lines = Mutex<[String]>([])
    func add(_ line: String) { lines.withLock { $0.append(line) } }
    var all: [String] { lines.withLock { $0 } }
}
