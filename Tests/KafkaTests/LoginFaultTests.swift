import Kafka
import Testing

/// A right password that an old library spoils is not taken for a wrong one.
@Suite struct LoginFaultTests {
    private static let refusal =
        "Authentication failed during authentication due to invalid credentials with SASL mechanism SCRAM-SHA-512"

    @Test(arguments: [
        (0x0200_02ff, "SCRAM-SHA-512", true), (0x0206_00ff, "scram-sha-256", true),
        (0x0206_01ff, "SCRAM-SHA-512", false), (0x0210_00ff, "SCRAM-SHA-512", false),
        (0x0200_02ff, "PLAIN", false), (0x0200_02ff, "GSSAPI", false),
    ]) func anOldLibraryIsNamedWithScramAlone(_ library: Int, _ mechanism: String, _ isNamed: Bool) {
        let remark = LoginFault.remark(
            on: "SASL authentication error: \(Self.refusal)", mechanism: mechanism, library: Int32(library))
        #expect((remark != nil) == isNamed)
        for words in ["Kafka 4", "4895", "2.6.1", "PLAIN over TLS", "password"] {
            #expect(remark.map { $0.contains(words) } != false, "\(words)")
        }
    }

    @Test func theVersionIsSaidAndOtherTroubleIsNot() {
        let library: Int32 = 0x0205_03ff
        let remark = LoginFault.remark(
            on: "authentication failed", mechanism: "SCRAM-SHA-256", library: library)
        #expect(remark?.hasPrefix("librdkafka 2.5.3 can not log in") == true)
        for trouble in ["Connect to ipv4#10.0.0.1:9092 failed: Connection refused", "Disconnected", ""] {
            #expect(LoginFault.remark(on: trouble, mechanism: "SCRAM-SHA-256", library: library) == nil)
        }
        #expect(LoginFault.remark(on: Self.refusal, mechanism: nil, library: library) == nil)
    }
}

extension OnBroker {
    @Suite struct Logins {
        @Test func aRefusedLoginByScramSaysWhatMayBeAtFault() throws {
            KafkaLog.setHandler { _ in }
            defer { KafkaLog.setHandler(nil) }
            let refusal =
                "Authentication failed during authentication due to invalid credentials with SASL mechanism SCRAM-SHA-512"
            let broker = try ScriptedBroker(answers: [:], refusal: refusal)
            defer { broker.close() }
            var configuration = KafkaConfiguration(brokers: "127.0.0.1:\(broker.port)")
            for (name, value) in [
                ("security.protocol", "SASL_PLAINTEXT"), ("sasl.mechanism", "SCRAM-SHA-512"),
                ("sasl.username", "u"), ("sasl.password", "opensesame"),
            ] { configuration.set(name, value) }
            let isOld = LibraryVersion.rdkafkaNumber < 0x0206_01ff

            let admin = try KafkaAdmin(configuration)
            let failure = #expect(throws: KafkaError.self) { try admin.metadata(timeoutMs: 2_000) }
            let text = try #require(failure?.message)
            #expect(text.contains("invalid credentials"), "\(text)")
            #expect(text.contains("librdkafka 4895") == isOld, "\(text)")

            // Who polls is told by an event; that no broker is left does not hide it.
            let consumer = try KafkaConsumer(configuration, groupID: nil)
            try consumer.assign([(TopicPartition(topic: "t", partition: 0), .beginning)])
            var told: String?
            eventually("the refusal") {
                if case .error(let error) = consumer.poll(timeoutMs: 20),
                    error.message.contains("invalid credentials")
                {
                    told = error.message
                }
                return told != nil
            }
            #expect(told?.contains("librdkafka 4895") == isOld, "\(told ?? "")")
            let late = #expect(throws: KafkaError.self) {
                try consumer.watermarks(TopicPartition(topic: "t", partition: 0), timeoutMs: 500)
            }
            #expect(late?.message.contains("invalid credentials") == true, "\(String(describing: late))")
            #expect(!"\(text)\(told ?? "")".contains("opensesame"))
        }
    }
}
