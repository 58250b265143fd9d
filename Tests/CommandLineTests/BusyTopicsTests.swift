import Foundation
import Kafka
import Testing
import Threads

/// Topics in which something comes within every wait for more: the client library never tells their end. On
/// HASHIFLEX_TEST_BOOTSTRAP: the embedded broker answers otherwise.
@Suite(
    .serialized,
    .enabled(if: SecuredBroker.open != nil, "HASHIFLEX_TEST_BOOTSTRAP names no real broker"))
struct BusyTopicsTests {
    /// Does something while somebody writes small records into a partition without a pause.
    private func whileWriting(
        to topic: String, _ partition: Int32, _ bootstrap: String, _ body: () throws -> Void
    ) throws {
        var configuration = KafkaConfiguration(brokers: bootstrap)
        configuration.set("linger.ms", "0")
        let producer = try KafkaProducer(configuration)
        let stop = Signal()
        let writer = PlatformThread("flood") {
            while !stop.wait(milliseconds: 1) {
                try? producer.produce(topic: topic, partition: partition, key: [120], value: [1])
                _ = producer.poll(timeoutMs: 0)
            }
        }
        defer {
            stop.set()
            writer.join()
        }
        _ = stop.wait(milliseconds: 1_000)
        try body()
    }

    @Test(.timeLimit(.minutes(5))) func whatIsReadToItsEndEndsThoughMoreComesAllTheTime() throws {
        let bootstrap = try #require(SecuredBroker.open)
        let prefix = "hashiflex-test-\(UUID().uuidString.prefix(8).lowercased())"
        let link = ["--brokers", bootstrap, "--topic-prefix", prefix]
        let made = try Program.run(["topics", "create", "--partitions", "2"] + link, seconds: 60)
        try #require(made.code == 0, "\(made.errors)")
        let coordinator = try Background(["coordinator"] + link)
        let worker = try Background(["worker", "--replicas", "1"] + link)
        defer { _ = (worker.finish(), coordinator.finish()) }
        try whileWriting(to: "\(prefix).status", 0, bootstrap) {
            let isLive = try eventually(seconds: 60) {
                try Program.run(["fleet", "status"] + link, seconds: 20).code == 0
            }
            #expect(isLive, "\(worker.text)\(coordinator.text)")
        }
        // A search for markers has to come to where the partition ended when it began.
        try whileWriting(to: "\(prefix).shards", 1, bootstrap) {
            let push = try Program.run(
                ["head", "push", "builtin:v2", "--deadline", "40"] + link, seconds: 60)
            #expect(push.code == 0, "\(push.output)\(push.errors)\(coordinator.text)")
        }
        try whileWriting(to: "\(prefix).predictions", 0, bootstrap) {
            let all = try Program.run(["predictions"] + link, seconds: 30)
            #expect(all.code == 0 && all.errors.contains("\(prefix).predictions/0@"), "\(all.errors)")
        }
    }
}
