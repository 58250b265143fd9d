import Kafka
import Testing
import Threads

/// Topics in which something comes within every wait for more: the client library never tells their end.
@Suite(.timeLimit(.minutes(3))) struct BusyTopicTests {
    /// Runs a command while somebody writes small records without a pause.
    private func run(_ arguments: [String], whileWritingTo topic: String) throws -> Program.Outcome {
        let deployment = try Deployment(workers: 0, partitions: 2)
        let producer = try KafkaProducer(KafkaConfiguration(brokers: deployment.brokers))
        let stop = Signal()
        let writer = PlatformThread("flood") {
            while !stop.wait(milliseconds: 2) {
                for partition: Int32 in topic == "hashiflex.predictions" ? [0, 1] : [0] {
                    try? producer.produce(topic: topic, partition: partition, key: [120], value: [1])
                }
                _ = producer.poll(timeoutMs: 0)
            }
        }
        defer {
            stop.set()
            writer.join()
        }
        _ = stop.wait(milliseconds: 500)
        return try Program.run(arguments + ["--brokers", deployment.brokers], seconds: 40)
    }

    @Test func aViewOfTheFleetIsReadThoughTheStatusTopicNeverRests() throws {
        let outcome = try run(["fleet", "status"], whileWritingTo: "hashiflex.status")
        #expect(outcome.code == 1, "\(outcome.output)\(outcome.errors)")
    }

    @Test func predictionsAreReadToWhereTheyEndedThoughMoreCome() throws {
        let outcome = try run(["predictions"], whileWritingTo: "hashiflex.predictions")
        #expect(outcome.code == 0 && outcome.errors.contains("hashiflex.predictions/"), "\(outcome.errors)")
    }
}
