import Kafka
import Testing

/// What a consumer says of its group's sessions, and what the broker answers.
@Suite struct GroupProtocolTests {
    private static let classicOnly: Set = [
        "session.timeout.ms", "heartbeat.interval.ms", "partition.assignment.strategy", "group.protocol.type",
    ]

    private func properties(
        _ configuration: KafkaConfiguration, session: Int? = nil
    ) throws -> [String: String] {
        let options = ConsumerOptions(offsetReset: .error, sessionTimeoutMs: session)
        let list = try options.properties(configuration, groupID: "g")
        #expect(Set(list.map(\.name)).count == list.count, "each once")
        return Dictionary(uniqueKeysWithValues: list.map { ($0.name, $0.value) })
    }

    @Test func theUsualProtocolIsToldOfSessionsAndStrategy() throws {
        for value in [nil, "classic"] {
            var configuration = KafkaConfiguration(brokers: "b:1")
            if let value { configuration.set("group.protocol", value) }
            let found = try properties(configuration, session: 6_000)
            #expect(found["session.timeout.ms"] == "6000")
            #expect(found["heartbeat.interval.ms"] == "1200")
            #expect(found["partition.assignment.strategy"] == "roundrobin")
            #expect(!configuration.usesConsumerProtocol)
        }
    }

    @Test(arguments: ["consumer", "CONSUMER"])
    func theProtocolOfKafkaFourIsToldNothingThatTheBrokerDecides(_ value: String) throws {
        for base in [
            KafkaConfiguration(brokers: "b:1"), EmbeddedBroker.clientConfiguration(bootstrap: "b:1"),
        ] {
            var configuration = base
            configuration.set("group.protocol", value)
            #expect(configuration.usesConsumerProtocol)
            let found = try properties(configuration, session: 6_000)
            #expect(Set(found.keys).isDisjoint(with: Self.classicOnly), "\(found)")
            #expect(found["group.protocol"] == value)
            #expect(found["group.id"] == "g")
            #expect(found["fetch.message.max.bytes"] == "8388608")
            // Two wishes that exclude each other: the library says it.
            configuration.set("session.timeout.ms", "9000")
            let both = try properties(configuration)
            #expect(both["session.timeout.ms"] == "9000")
            #expect(both["heartbeat.interval.ms"] == nil)
        }
    }

    @Test func aLibraryThatIsTooOldForItSaysWhatItNeeds() throws {
        var configuration = KafkaConfiguration(brokers: "b:1")
        configuration.set("group.protocol", "consumer")
        guard !KafkaConfiguration.canUse(groupProtocol: "consumer", library: LibraryVersion.rdkafkaNumber)
        else {
            _ = try KafkaConsumer(configuration, groupID: "g")
            return
        }
        let failure = #expect(throws: KafkaConfigurationError.self) { try configuration.validate() }
        let words =
            "property group.protocol: consumer needs librdkafka 2.12 and Kafka 4, this is librdkafka "
            + LibraryVersion.rdkafka
        #expect(failure?.description.contains(words) == true, "\(String(describing: failure))")
    }

    @Test(arguments: [
        (0x0200_02ff, false, false), (0x0204_00ff, true, false), (0x0208_00ff, true, false),
        (0x020b_01ff, true, false), (0x020c_00ff, true, true), (0x0210_00ff, true, true),
    ]) func aProtocolNeedsALibraryThatIsFitForIt(_ library: Int, _ classic: Bool, _ consumer: Bool) {
        let version = Int32(library)
        #expect(KafkaConfiguration.canUse(groupProtocol: "classic", library: version) == classic)
        #expect(KafkaConfiguration.canUse(groupProtocol: "consumer", library: version) == consumer)
        #expect(KafkaConfiguration.canUse(groupProtocol: "Consumer", library: version) == consumer)
    }

    @Test func whatABrokerOfKafkaFourSaysOfMembersIsUnderstood() {
        let given = KafkaError(code: KafkaError.Code.fencedMemberEpoch, doing: "cannot commit")
        #expect(given.isStaleMember && !given.isRetriable)
        let old = KafkaError(code: KafkaError.Code.staleMemberEpoch, doing: "cannot commit")
        #expect(old.isRetriable && !old.isStaleMember)
    }
}

extension OnBroker {
    @Suite struct Sessions {
        @Test func aSessionTimeoutThatTheBrokerRefusesIsFatalAndNamesTheBounds() throws {
            try withBroker([("t", 1)]) { broker in
                KafkaLog.setHandler { _ in }
                defer { KafkaLog.setHandler(nil) }
                try broker.pushRequestErrors(
                    .joinGroup, codes: [KafkaError.Code.invalidSessionTimeout])
                let reader = try Reader(broker)
                try reader.consumer.subscribe(["t"])
                try eventually("the refusal") {
                    try reader.step()
                    return !reader.errors.isEmpty
                }
                let error = try #require(reader.errors.first)
                #expect(error.isRefusedSetting && error.isFatal && !error.isRetriable)
                for words in [
                    "group g", "session.timeout.ms=2500", "group.min.session.timeout.ms",
                    "group.max.session.timeout.ms", "6000 to 1800000",
                ] {
                    #expect(error.message.contains(words), "\(error)")
                }
                #expect(reader.assignments == 0)
            }
        }
    }
}
