import Kafka
import Testing

extension OnBroker {
    @Suite struct Administration {
        @Test func theClusterIsDescribedWithItsTopics() throws {
            try withBroker([("a", 3), ("b", 16)]) { broker in
                let cluster = try KafkaAdmin(broker.configuration).metadata(timeoutMs: 10_000)
                #expect(cluster.brokers.map { "\($0.host):\($0.port)" } == [broker.bootstrap])
                #expect(cluster.topics.keys.sorted() == ["a", "b"])
                let topic = try #require(cluster.topics["b"])
                #expect(topic.partitions.map(\.id) == Array(0..<16))
                #expect(topic.error == nil)
                #expect(topic.partitions.allSatisfy { $0.error == nil && $0.leader == cluster.brokers[0].id })

                try broker.createTopic("c", partitions: 1)
                let later = try KafkaAdmin(broker.configuration).metadata(timeoutMs: 10_000)
                #expect(later.topics["c"]?.partitions.count == 1)
            }
        }

        @Test func everyTopicIsAnsweredForItself() throws {
            KafkaLog.setHandler { _ in }
            defer { KafkaLog.setHandler(nil) }
            let broker = try ScriptedBroker(answers: [
                "old": (36, "Topic 'old' already exists."), "bad": (38, "Replication factor is too large."),
            ])
            defer { broker.close() }
            let admin = try KafkaAdmin(KafkaConfiguration(brokers: "127.0.0.1:\(broker.port)"))
            let outcome = try admin.createTopics(
                [
                    TopicSpecification(name: "old", partitions: 1, replication: 1),
                    TopicSpecification(
                        name: "new",
                        partitions: 64,
                        replication: 3,
                        configs: ["cleanup.policy": "compact", "min.insync.replicas": "2"]
                    ),
                    TopicSpecification(name: "bad", partitions: 2, replication: 9),
                ],
                timeoutMs: 10_000
            )
            #expect(outcome.count == 3)
            #expect(outcome["old"] == .alreadyExists)
            #expect(outcome["new"] == .created)
            guard case .failed(let error) = outcome["bad"] else {
                Issue.record("the third topic fails")
                return
            }
            #expect(error.code == 38)
            #expect(error.message.contains("bad") && error.message.contains("too large"))
            #expect(broker.wishes.map(\.name) == ["old", "new", "bad"])
            #expect(broker.wishes.map(\.partitions) == [1, 64, 2])
            #expect(broker.wishes.map(\.replication) == [1, 3, 9])
            #expect(broker.wishes[1].configs == ["cleanup.policy": "compact", "min.insync.replicas": "2"])
        }

        @Test func advertisedAddressesAreTriedAllAtOnce() throws {
            KafkaLog.setHandler { _ in }
            defer { KafkaLog.setHandler(nil) }
            // Port 1 is unused, and nobody has a name that ends in "invalid".
            let broker = try ScriptedBroker(
                answers: [:], others: [("127.0.0.1", 1), ("nobody.invalid", 9_092)])
            defer { broker.close() }
            let admin = try KafkaAdmin(KafkaConfiguration(brokers: "127.0.0.1:\(broker.port)"))
            let brokers = try admin.metadata(timeoutMs: 10_000).brokers
            let begin = ContinuousClock.now
            let found = AddressProbe.find(brokers)
            #expect(ContinuousClock.now - begin < .seconds(30), "none is waited for without end")
            #expect(
                found.map(\.broker.address)
                    == ["127.0.0.1:\(broker.port)", "127.0.0.1:1", "nobody.invalid:9092"])
            #expect(found[0].problem == nil)
            #expect(found[1].problem == "Connection refused")
            #expect(found[2].problem != nil)
        }

        @Test func theBrokerLearnsWhoAsks() throws {
            KafkaLog.setHandler { _ in }
            defer { KafkaLog.setHandler(nil) }
            let broker = try ScriptedBroker(answers: [:])
            defer { broker.close() }
            var configuration = KafkaConfiguration(brokers: "127.0.0.1:\(broker.port)")
            configuration.nameClients("worker", "line a")
            _ = try KafkaAdmin(configuration).metadata(timeoutMs: 10_000)
            #expect(broker.clients == ["hashiflex-worker-line_a"])
        }

        /// The embedded broker does not know the request; see the test above.
        @Test func creatingTopicsWithoutAnAnswerIsAnErrorInTime() throws {
            try withBroker([]) { broker in
                let admin = try KafkaAdmin(broker.configuration)
                #expect(try admin.createTopics([], timeoutMs: 100) == [:])
                let failure = #expect(throws: KafkaError.self) {
                    try admin.createTopics([.init(name: "t", partitions: 1)], timeoutMs: 300)
                }
                #expect(failure?.message.contains(broker.bootstrap) == true)
            }
        }

        @Test func anImpossibleTopicIsRefusedBeforeAskingAnyone() throws {
            let admin = try KafkaAdmin(KafkaConfiguration(brokers: "127.0.0.1:1"))
            let failure = #expect(throws: KafkaError.self) {
                try admin.createTopics([.init(name: "", partitions: 1)], timeoutMs: 100)
            }
            #expect(failure?.code == KafkaError.Code.invalidArgument)
        }
    }
}
