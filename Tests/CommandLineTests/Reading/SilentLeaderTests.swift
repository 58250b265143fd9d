import Kafka
import PipelineMessages
import Testing

/// A cluster that answers, and a leader that sends nothing: commands end, and name it.
@Suite(.timeLimit(.minutes(2))) struct SilentLeaderTests {
    private func withProxy(
        withheld: Set<Int16> = [], largestAnswer: Int = .max, _ body: (MisleadingProxy) throws -> Void
    ) throws {
        let topics = TopicPlan.all(.standard, partitions: 16).map { ($0.name, $0.partitions) }
        let broker = try EmbeddedBroker(topics: topics + [(TopicNames.embeddedBrokerSign, 1)])
        defer { broker.close() }
        let port = try #require(broker.bootstrap.split(separator: ":").last.flatMap { UInt16($0) })
        let proxy = try MisleadingProxy(target: port, withheld: withheld, largestAnswer: largestAnswer)
        defer { proxy.close() }
        try body(proxy)
    }

    /// Neither what is fetched nor where a partition ends is answered: Kafka's requests 1 and 2.
    @Test(
        arguments: [
            ("predictions", "predictions: partitions 0, 1, 2, 3, 4, 5, 6, 7 and 8 more: their leader"),
            ("audit", "predictions: partitions 0, 1, 2, 3, 4, 5, 6, 7 and 8 more: their leader"),
            ("head list", "control: partition 0: its leader"),
            ("fleet status", "status: partition 0: its leader"),
        ])
    func theAddressOfALeaderOutOfReachIsNamed(_ command: String, _ says: String) throws {
        try withProxy(withheld: [1, 2]) { proxy in
            let words = command.split(separator: " ").map(String.init)
            let outcome = try Program.run(
                words + ["--brokers", proxy.address, "--wait", "3"], seconds: 60)
            #expect(outcome.code == 69, "\(outcome.output)\(outcome.errors)")
            #expect(
                outcome.errors.contains(
                    "topic hashiflex.\(says), node 1 (\(proxy.address)), does not answer, and nothing came for 3 s"
                ),
                "\(outcome.errors)")
        }
    }

    /// A file of predictions that lacks an unknown part must not look whole.
    @Test func predictionsThatAreStoppedBeforeTheEndSaySo() throws {
        try withProxy(withheld: [1]) { proxy in
            let reader = try Background(["predictions", "--brokers", proxy.address])
            try #require(eventually(seconds: 20) { proxy.hasWithheld(1) })
            #expect(reader.finish() == 75)
            #expect(
                reader.text.contains("told to stop before the end of the topic; 0 were printed"),
                "\(reader.text)")
        }
    }

    /// A link that loses packets of full size.
    @Test func doctorTellsLostPacketsOfFullSizeFromABrokerThatIsAway() throws {
        try withProxy(largestAnswer: 1_000) { proxy in
            let outcome = try Program.run(["doctor", "--brokers", proxy.address, "--wait", "0"], seconds: 60)
            #expect(outcome.code == 1)
            #expect(
                outcome.output.contains("BAD  packets: \(proxy.address) answers small questions"),
                "\(outcome.output)\(outcome.errors)")
            #expect(outcome.output.contains("(MTU)"))
        }
    }

    /// Port 1 is privileged and unused.
    @Test func doctorNamesAnAddressWhereNobodyAnswers() throws {
        let away = try Program.run(["doctor", "--brokers", "127.0.0.1:1", "--wait", "0"], seconds: 60)
        #expect(
            away.code == 1 && away.output.contains("BAD  nodes: 127.0.0.1:1 does not answer"),
            "\(away.output)")
        #expect(!away.output.contains("packets"))
    }
}
