import Kafka
import Testing

/// How long clients wait for a node, and what they make of what an interruption leaves.
@Suite struct SilentNodeTests {
    /// A node that answers nothing is given up soon; what the library would refuse, or a slow answer needs, is left alone.
    @Test func nobodyWaitsLongForANodeThatDoesNotAnswer() throws {
        var configuration = KafkaConfiguration(brokers: "b:1")
        let consumer = try KafkaConsumer(configuration, groupID: "g")
        for (property, value) in [
            ("socket.timeout.ms", "10000"), ("socket.connection.setup.timeout.ms", "5000"),
            ("connections.max.idle.ms", "15000"), ("socket.keepalive.enable", "true"),
            ("fetch.max.bytes", "10485760"),
        ] {
            #expect(consumer.value(of: property) == value)
        }
        #expect(PatienceWithNodes.answerMs < PatienceWithNodes.idleMs)
        // Whose owner does not make it anew.
        #expect(try KafkaProducer(configuration).value(of: "socket.timeout.ms") == "60000")
        var options = ProducerOptions()
        options.isRenewable = true
        #expect(try KafkaProducer(configuration, options: options).value(of: "socket.timeout.ms") == "10000")
        options.transactionalID = "x"
        #expect(try KafkaProducer(configuration, options: options).value(of: "socket.timeout.ms") == "10000")
        configuration.set("transaction.timeout.ms", "1500")
        #expect(try KafkaProducer(configuration, options: options).value(of: "socket.timeout.ms") == "1500")
        #expect(
            try KafkaConsumer(configuration, groupID: "g").value(of: "socket.timeout.ms") == "10000")
        configuration.set("fetch.wait.max.ms", "30000")
        #expect(
            try KafkaConsumer(configuration, groupID: "g").value(of: "socket.timeout.ms") == "31000")
        // The library closes a connection that rests although an answer is to come over it.
        #expect(
            try KafkaConsumer(configuration, groupID: "g").value(of: "connections.max.idle.ms") == "34000")
        configuration.set("message.max.bytes", "20000000")
        #expect(try KafkaConsumer(configuration, groupID: "g").value(of: "fetch.max.bytes") == "20000000")
        configuration.set("socket.timeout.ms", "1400")
        #expect(try KafkaProducer(configuration, options: options).value(of: "socket.timeout.ms") == "1400")
        configuration.set("socket.timeout.ms", "60000")
        #expect(
            try KafkaConsumer(configuration, groupID: "g").value(of: "connections.max.idle.ms") == "63000")
        configuration.set("connections.max.idle.ms", "20000")
        #expect(
            try KafkaConsumer(configuration, groupID: "g").value(of: "connections.max.idle.ms") == "20000")
    }

    /// What a person has to mend ends a worker; what an interruption does must not.
    @Test func whatIsRefusedForEverIsToldFromInterruptions() {
        func error(_ code: Int32) -> KafkaError { KafkaError(code: code, doing: "") }
        for code in [
            KafkaError.Code.messageTooLarge, KafkaError.Code.invalidArgument,
            KafkaError.Code.unknownTopicOrPartition, KafkaError.Code.invalidSessionTimeout,
            KafkaError.Code.fencedInstance,
        ] {
            #expect(error(code).isPermanent)
        }
        for code in [
            KafkaError.Code.timedOut, KafkaError.Code.transport, KafkaError.Code.wrongState,
            KafkaError.Code.conflict, KafkaError.Code.fenced, KafkaError.Code.messageTimedOut,
            KafkaError.Code.invalidProducerEpoch, KafkaError.Code.illegalGeneration,
        ] {
            #expect(!error(code).isPermanent)
        }
        #expect(error(KafkaError.Code.fenced).isFencing && !error(KafkaError.Code.transport).isFencing)
        // Member epochs of Kafka 4, which an old library has no names for.
        #expect(error(110).isStaleMember && !error(113).isStaleMember && !error(111).isStaleMember)
        #expect(error(113).isRetriable)
    }

    /// A node may not have heard of a partition, or of its leader; and who is closed has no membership.
    @Test func whatANodeHasNotHeardOfIsAskedForAgain() throws {
        let broker = try EmbeddedBroker(topics: [("t", 4)])
        defer { broker.close() }
        let reader = try KafkaConsumer(
            broker.configuration, groupID: "g", options: ConsumerOptions(offsetReset: .error))
        let error = #expect(throws: KafkaError.self) {
            try reader.watermarks(TopicPartition(topic: "t", partition: 7), timeoutMs: 2_000)
        }
        #expect(error?.mayPass == true, "\(error.map { "\($0)" } ?? "")")
        _ = try reader.groupMetadata()
        _ = reader.close()
        #expect(throws: KafkaError.self) { try reader.groupMetadata() }
    }

    /// Whatever of ours names an offset is read by programs that know whole numbers up to 2^53 only.
    @Test func anOffsetBeyondAllTopicsCountsAsTheLargest() throws {
        let broker = try EmbeddedBroker(topics: [("t", 1)])
        defer { broker.close() }
        let place = TopicPartition(topic: "t", partition: 0)
        let reader = try KafkaConsumer(
            broker.configuration, groupID: "g", options: ConsumerOptions(offsetReset: .error))
        defer { _ = reader.close() }
        try reader.commit([OffsetCommit(place, offset: 1 << 60)], synchronously: true)
        #expect(try reader.committed([place])[place]?.offset == KafkaConsumer.committedMax)
    }
}
