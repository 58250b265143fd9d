import Artifacts
import ControlPlane
import Kafka
import PipelineMessages
import Testing
import Threads

/// Writing small records, which a coordinator and `head push` do.
@Suite(.serialized, .timeLimit(.minutes(2))) struct RecordWriterTests {
    /// Asking for the leaders, of which nobody tells for long, and waiting for a delivery that never comes have one limit together.
    @Test func theTimeIsForAllOfAWrite() throws {
        let broker = try EmbeddedBroker(topics: [("t", 1)])
        defer { broker.close() }
        try broker.setDown()
        // REQUEST_TIMED_OUT: the library sends again.
        try broker.pushRequestErrors(.produce, codes: [Int32](repeating: 7, count: 1_000))
        let writer = try RecordWriter(broker.configuration)
        let waking = PlatformThread("waking") {
            Signal().wait(milliseconds: 12_000)
            try? broker.setUp()
        }
        defer { waking.join() }
        let begin = ContinuousClock.now
        let error = #expect(throws: KafkaError.self) {
            try writer.write(RecordWriter.Record(topic: "t", key: [1], value: [2]), timeoutMs: 20_000)
        }
        let took = ContinuousClock.now - begin
        #expect(error?.code == KafkaError.Code.timedOut)
        #expect(error?.message.contains("cannot write to t") == true, "\(String(describing: error))")
        #expect(took > .seconds(19) && took < .seconds(31), "each by itself: 32 s; it took \(took)")
    }

    /// A person who interrupts is not held up by a node that takes nothing, however much time there is.
    @Test func aWriteThatIsToldToStopEnds() throws {
        let broker = try EmbeddedBroker(topics: [("t", 1)])
        defer { broker.close() }
        // REQUEST_TIMED_OUT: the library sends again.
        try broker.pushRequestErrors(.produce, codes: [Int32](repeating: 7, count: 1_000))
        let writer = try RecordWriter(broker.configuration)
        let stop = Signal()
        let asking = PlatformThread("stopping") {
            Signal().wait(milliseconds: 1_000)
            stop.set()
        }
        let begin = ContinuousClock.now
        let error = #expect(throws: KafkaError.self) {
            try writer.write(
                RecordWriter.Record(topic: "t", key: [1], value: [2]), timeoutMs: 60_000, until: stop)
        }
        let took = ContinuousClock.now - begin
        asking.join()
        #expect(error?.code == KafkaError.Code.timedOut)
        #expect(error.map { "\($0)".contains("told to stop") } == true)
        #expect(took > .milliseconds(900) && took < .seconds(30), "it would have been 60 s: \(took)")
    }

    /// Whoever ends as a whole tells its writer once.
    @Test func whoIsToldToEndDoesNotWaitForDeliveries() throws {
        let broker = try EmbeddedBroker(topics: [("t", 1)])
        defer { broker.close() }
        // REQUEST_TIMED_OUT: the library sends again.
        try broker.pushRequestErrors(.produce, codes: [Int32](repeating: 7, count: 1_000))
        let stop = Signal()
        let writer = try RecordWriter(broker.configuration, until: stop)
        let teller = PlatformThread("teller") {
            Signal().wait(milliseconds: 1_000)
            stop.set()
        }
        defer { teller.join() }
        let begin = ContinuousClock.now
        let error = #expect(throws: KafkaError.self) {
            try writer.write(RecordWriter.Record(topic: "t", key: [1], value: [2]))
        }
        let took = ContinuousClock.now - begin
        #expect(error?.code == KafkaError.Code.timedOut)
        #expect(took > .seconds(2) && took < .seconds(20), "it would have been 30 s: \(took)")
    }

    /// The library's queue may be smaller than a head.
    @Test func whatDoesNotFitIntoTheQueueFollows() throws {
        let broker = try EmbeddedBroker(topics: [("t", 1)])
        defer { broker.close() }
        var small = broker.configuration
        small.set("queue.buffering.max.kbytes", "1024")
        let records = (0..<6).map {
            RecordWriter.Record(topic: "t", key: [UInt8($0)], value: [UInt8](repeating: 7, count: 300_000))
        }
        #expect(try RecordWriter(small).write(records) == [0, 1, 2, 3, 4, 5])
    }

    /// Of two copies of a decision compaction keeps the later one if their keys are one; what was decided between them would be first.
    @Test func aDecisionThatIsWrittenAgainHasAnotherKey() throws {
        let topics = try #require(TopicNames(prefix: "t"))
        let broker = try EmbeddedBroker(topics: [(topics.control, 1)])
        defer { broker.close() }
        let record = CutoverRecord(
            request: "r", slot: .standard, head: ContentDigest(of: [1]),
            label: try #require(HeadLabel("h@1")),
            deadlineMs: 1_000, requestedAtMs: 0
        ).aborted(["for a test"], atMs: 0)
        let writer = try RecordWriter(broker.configuration)
        try writer.write(RecordWriter.Record(topic: topics.control, key: [1], value: [2]))
        // What is written arrives; the answer comes when another attempt has begun.
        try broker.setRoundTrip(milliseconds: 8_000)
        let error = #expect(throws: KafkaError.self) {
            try writer.write(record, topics: topics, timeoutMs: 13_000)
        }
        #expect(error?.code == KafkaError.Code.timedOut)
        try broker.setRoundTrip(milliseconds: 0)
        let reader = try KafkaConsumer(
            broker.configuration, groupID: nil, options: ConsumerOptions(offsetReset: .error))
        defer { _ = reader.close() }
        try reader.assign([(TopicPartition(topic: topics.control, partition: 0), .beginning)])
        var keys: [[UInt8]] = []
        let untilMs = Clock.steadyMs + 20_000
        while keys.count < 3, Clock.steadyMs < untilMs {
            if case .message(let message)? = reader.poll(timeoutMs: 100) { keys.append(message.key ?? []) }
        }
        withExtendedLifetime(writer) {}
        #expect(
            keys.count == 3 && Set(keys).count == 3,
            "\(keys.map { String(decoding: $0, as: UTF8.self) })")
    }
}
