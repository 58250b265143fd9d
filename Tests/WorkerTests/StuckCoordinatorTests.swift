import HardenedBackbone
import ImageDecoding
import Kafka
import PipelineMessages
import Synchronization
import TestSupport
import Testing
import Threads
import Worker

/// A node that keeps a worker's transactions and is cut off from its peers: it answers, and can end none.
@Suite(.timeLimit(.minutes(4))) struct StuckCoordinatorTests {
    /// It says that the transaction before is being ended, for as long as it is asked; the others have long another coordinator.
    @Test func anotherNodeIsAskedWhoKeepsTheTransactions() throws {
        let topics = try #require(TopicNames(prefix: "test"))
        let broker = try EmbeddedBroker(
            topics: TopicPlan.all(topics, partitions: 2).map { ($0.name, $0.partitions) }, nodes: 2)
        defer { broker.close() }
        let name = topics.transactionPrefix + "w"
        try broker.setCoordinator(ofTransactions: name, node: 1)
        try broker.pushRequestErrors(
            .initProducerID, code: KafkaError.Code.concurrentTransactions, count: 10_000, node: 1)
        let artifact = try SmallBackbone.make()
        var options = WorkerOptions(
            worker: "w", incarnation: "1", kafka: broker.configuration, topics: topics,
            plan: try BackbonePlan(artifact), preprocessing: StatedPreprocessing(artifact.preprocessing),
            replicas: 1)
        options.delivery = .exactlyOnce
        let isReady = Signal()
        let isWaiting = Signal()
        let lines = Mutex<[String]>([])
        options.patience = Patience { line in
            lines.withLock { $0.append(line) }
            if line.contains("CONCURRENT_TRANSACTIONS") { isWaiting.set() }
        }
        let service = WorkerService(options) { line in
            lines.withLock { $0.append(line) }
            if line.contains("worker w is ready") { isReady.set() }
        }
        let thread = PlatformThread("worker w") {
            do throws(WorkerFailure) {
                try service.run()
            } catch {
                lines.withLock { $0.append("failed: \(error)") }
            }
        }
        defer {
            service.requestStop()
            thread.join()
        }
        #expect(isWaiting.wait(milliseconds: 50_000), "\(lines.withLock { $0 })")
        #expect(!isReady.isSet)
        try broker.setCoordinator(ofTransactions: name, node: 2)
        #expect(isReady.wait(milliseconds: 50_000), "\(lines.withLock { $0 })")
    }
}
