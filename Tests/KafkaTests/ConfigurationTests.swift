import Kafka
import Testing

@Suite struct ConfigurationTests {
    @Test func aFileIsReadLineByLine() throws {
        let settings = try KafkaConfiguration.parse(
            file: """
                # where the brokers are
                bootstrap.servers = a:1,b:2

                  sasl.jaas.config=user="x" password="y=z"  \r
                \tempty=
                """
        )
        #expect(settings.map(\.0) == ["bootstrap.servers", "sasl.jaas.config", "empty"])
        #expect(settings.map(\.1) == ["a:1,b:2", "user=\"x\" password=\"y=z\"", ""])
    }

    @Test(arguments: [
        ("a.b=1\n\nno assignment", 3, "no"),
        ("=value", 1, ""),
        ("two words=1", 1, "two"),
        ("sasl.password: hunter2", 1, "sasl.password"),
        ("MIIEhunter2", 1, "(not shown)"),
    ])
    func aSlippedLineIsNamedWithoutItsValue(_ text: String, _ line: Int, _ shown: String) {
        let failure = #expect(throws: KafkaConfigurationError.self) {
            try KafkaConfiguration.parse(file: text)
        }
        #expect(failure == .notAnAssignment(text: shown, line: line))
        #expect(failure?.description.contains("hunter2") == false)
        #expect(failure?.description.contains("line \(line)") == true)
    }

    @Test func anAssignmentIsDividedAtItsFirstEqualsSign() throws {
        let (name, value) = try KafkaConfiguration.parse(assignment: "sasl.password=a=b=c")
        #expect(name == "sasl.password")
        #expect(value == "a=b=c")
        #expect(throws: KafkaConfigurationError.self) {
            try KafkaConfiguration.parse(assignment: "linger.ms")
        }
    }

    @Test func theEnvironmentNamesPropertiesInItsOwnWay() {
        let settings = KafkaConfiguration.fromEnvironment([
            "HASHIFLEX_KAFKA_SASL_PASSWORD": "p", "HASHIFLEX_KAFKA_LOG_LEVEL": "6", "HASHIFLEX_KAFKA_": "x",
            "HASHIFLEX_OTHER": "y", "PATH": "/bin",
        ])
        #expect(settings.map(\.0) == ["log_level", "sasl.password"])
        #expect(settings.map(\.1) == ["6", "p"])
    }

    @Test func laterLayersWin() throws {
        var configuration = KafkaConfiguration(brokers: "default:1")
        #expect(configuration.value(of: "socket.nagle.disable") == "true")
        configuration.apply(try KafkaConfiguration.parse(file: "linger.ms=1\nclient.id=file\nretries=3"))
        configuration.apply(KafkaConfiguration.fromEnvironment(["HASHIFLEX_KAFKA_CLIENT_ID": "environment"]))
        configuration.apply([try KafkaConfiguration.parse(assignment: "linger.ms=9")])
        #expect(configuration.value(of: "linger.ms") == "9")
        #expect(configuration.value(of: "client.id") == "environment")
        #expect(configuration.value(of: "retries") == "3")
        #expect(configuration.brokers == "default:1")
        #expect(configuration.value(of: "unheard.of") == nil)
        let lines = configuration.description.split(separator: "\n")
        #expect(lines.filter { $0.hasPrefix("linger.ms=") } == ["linger.ms=9"])
        #expect(lines.contains("bootstrap.servers=default:1"))
    }

    @Test(arguments: [
        "sasl.password", "ssl.key.password", "ssl.key.pem", "ssl.keystore.password",
        "sasl.oauthbearer.client.secret", "sasl.oauthbearer.config", "SASL.PASSWORD",
    ])
    func secretsAreNeverShown(_ property: String) throws {
        var configuration = KafkaConfiguration(brokers: "b:1")
        configuration.set(property, "hunter2")
        #expect(!configuration.description.contains("hunter2"))
        #expect(configuration.description.contains("\(property)=[redacted]"))
        do {
            try configuration.validate()
        } catch {
            #expect(!error.description.contains("hunter2"))
            #expect(error.description.contains(property))
        }
    }

    @Test func aRefusedPropertyIsNamedInTheWordsOfTheLibrary() throws {
        var unknown = KafkaConfiguration(brokers: "b:1")
        unknown.set("no.such.thing", "1")
        let first = #expect(throws: KafkaConfigurationError.self) { try unknown.validate() }
        #expect(first?.description.contains("No such configuration property: \"no.such.thing\"") == true)

        var invalid = KafkaConfiguration(brokers: "b:1")
        invalid.set("socket.timeout.ms", "soon")
        let second = #expect(throws: KafkaError.self) { try KafkaProducer(invalid) }
        #expect(second?.code == KafkaError.Code.invalidArgument)
        #expect(second?.isRetriable == false)
        #expect(second?.description.contains("socket.timeout.ms") == true)
        #expect(throws: KafkaError.self) { try KafkaConsumer(invalid, groupID: "g") }
        #expect(throws: KafkaError.self) { try KafkaAdmin(invalid) }

        // Only found when the client is made: two properties that contradict each other.
        var contradiction = KafkaConfiguration(brokers: "b:1")
        contradiction.set("acks", "0")
        contradiction.set("enable.idempotence", "true")
        let third = #expect(throws: KafkaError.self) { try KafkaProducer(contradiction) }
        #expect(third?.description.contains("acks") == true)
    }

    @Test(arguments: [
        "enable.auto.commit", "enable.auto.offset.store", "enable.partition.eof", "auto.offset.reset",
        "group.id",
        "transactional.id", "test.mock.num.brokers", "isolation.level",
    ])
    func whatThePromisesRestOnCannotBeSetByHand(_ property: String) {
        var configuration = KafkaConfiguration(brokers: "b:1")
        configuration.set(property, "1")
        let failure = #expect(throws: KafkaConfigurationError.self) { try configuration.validate() }
        #expect(failure?.description.contains(property) == true)
        #expect(throws: KafkaError.self) { try KafkaConsumer(configuration, groupID: "g") }
        #expect(throws: KafkaError.self) { try KafkaProducer(configuration) }
    }

    @Test func aCooperativeStrategyIsRefusedWithAnAlternative() throws {
        var configuration = KafkaConfiguration(brokers: "b:1")
        configuration.set("partition.assignment.strategy", "cooperative-sticky")
        let failure = #expect(throws: KafkaError.self) { try KafkaConsumer(configuration, groupID: "g") }
        #expect(failure?.description.contains("roundrobin") == true)
        configuration.set("partition.assignment.strategy", "range")
        _ = try KafkaConsumer(configuration, groupID: "g")
    }

    @Test func optionsYieldToTheUser() throws {
        var configuration = KafkaConfiguration(brokers: "b:1")
        var options = ConsumerOptions()
        options.queueKilobytes = 1000
        let chosen = try KafkaConsumer(configuration, groupID: "g", options: options)
        #expect(chosen.value(of: "queued.max.messages.kbytes") == "1000")
        #expect(chosen.value(of: "fetch.message.max.bytes") == "8388608")
        #expect(chosen.value(of: "fetch.wait.max.ms") == "100")
        #expect(chosen.value(of: "enable.auto.commit") == "false")
        #expect(chosen.value(of: "socket.nagle.disable") == "true")
        #expect(chosen.value(of: "heartbeat.interval.ms") == "2000")
        configuration.set("queued.max.messages.kbytes", "2000")
        configuration.set("session.timeout.ms", "6000")
        let overruled = try KafkaConsumer(configuration, groupID: "g", options: options)
        #expect(overruled.value(of: "queued.max.messages.kbytes") == "2000")
        #expect(overruled.value(of: "heartbeat.interval.ms") == "1200")

        let embedded = EmbeddedBroker.clientConfiguration(bootstrap: "b:1")
        #expect(try KafkaConsumer(embedded, groupID: "g").value(of: "fetch.wait.max.ms") == "10")

        let producer = try KafkaProducer(KafkaConfiguration(brokers: "b:1"))
        #expect(producer.value(of: "enable.idempotence") == "true")
        #expect(producer.value(of: "acks") == "-1")
        #expect(producer.value(of: "linger.ms") == "5")
        #expect(producer.value(of: "max.in.flight.requests.per.connection") == "5")
        var oneByOne = ProducerOptions()
        oneByOne.requestsInFlight = 1
        let single = try KafkaProducer(KafkaConfiguration(brokers: "b:1"), options: oneByOne)
        #expect(single.value(of: "max.in.flight.requests.per.connection") == "1")
        let careful = try KafkaProducer(
            KafkaConfiguration(brokers: "b:1"),
            options: .init(transactionalID: "x")
        )
        #expect(careful.value(of: "transaction.timeout.ms") == "10000")
    }

    @Test(
        arguments: [
            ("doctor", nil, "hashiflex-doctor"), ("worker", "fleet-1", "hashiflex-worker-fleet-1"),
            ("ingest", "", "hashiflex-ingest"), ("ingest", "A.z_9", "hashiflex-ingest-A.z_9"),
            ("ingest", "ä b/\n#", "hashiflex-ingest-__b___"),
        ] as [(String, String?, String)])
    func clientsAreNamedByTheirRole(_ role: String, _ name: String?, _ id: String) {
        #expect(KafkaConfiguration.clientID(role, name) == id)
        var configuration = KafkaConfiguration(brokers: "b:1")
        #expect(configuration.value(of: "client.id") == "hashiflex")
        configuration.nameClients(role, name)
        #expect(configuration.value(of: "client.id") == id)
        configuration.set("client.id", "mine")
        configuration.nameClients(role, name)
        #expect(configuration.value(of: "client.id") == "mine")
    }

    @Test func theLibraryIsTheOneThisWasMeasuredWith() {
        #expect(LibraryVersion.rdkafka.hasPrefix("2."))
        #expect(LibraryVersion.rdkafkaNumber >= 0x0200_02ff)
    }

    @Test func logLinesAreBounded() {
        var limiter = LogLimiter()
        let start = ContinuousClock.now
        for _ in 0..<LogLimiter.linesPerPeriod { #expect(limiter.admit(at: start) == 0) }
        for _ in 0..<7 { #expect(limiter.admit(at: start + .seconds(1)) == nil) }
        #expect(limiter.admit(at: start + LogLimiter.period) == 7)
        #expect(limiter.admit(at: start + LogLimiter.period) == 0)
    }

    @Test func partitionsAreOrderedByTopicThenNumber() {
        let partitions = [("b", 0), ("a", 10), ("a", 9)].map { TopicPartition(topic: $0, partition: $1) }
        #expect(partitions.sorted().map(\.description) == ["a/9", "a/10", "b/0"])
    }

    /// Of two names for one property librdkafka takes the later in its list, whichever layer that is of.
    @Test func aSecondNameIsTheSameProperty() throws {
        var configuration = KafkaConfiguration(brokers: "a:1")
        configuration.apply(
            try KafkaConfiguration.parse(
                file: "metadata.broker.list=b:1\nrequest.required.acks=1\nsasl.mechanism=PLAIN"))
        #expect(configuration.brokers == "b:1")
        #expect(configuration.value(of: "sasl.mechanisms") == "PLAIN")
        configuration.set("bootstrap.servers", "c:1")
        configuration.set("acks", "all")
        #expect(configuration.value(of: "request.required.acks") == "all")
        let lines = configuration.description.split(separator: "\n")
        #expect(lines.filter { $0.hasSuffix("=c:1") }.count == 1 && !lines.contains { $0.contains("b:1") })
        configuration = KafkaConfiguration(brokers: "a:1")
        configuration.set("auto.commit.enable", "true")
        #expect(throws: KafkaConfigurationError.self) { try configuration.validate() }
    }
}
