import ControlPlane
import Kafka
import Testing
import Threads

/// Writing small records, which a coordinator and `head push` do.
@Suite(.serialized, .timeLimit(.minutes(2))) struct RecordWriterTests {
    /// Asking for the leaders, which takes two slow answers, and waiting for a delivery that never comes have one limit together.
    @Test func theTimeIsForAllOfAWrite() throws {
        let broker = try EmbeddedBroker(topics: [("t", 1)])
        defer { broker.close() }
        try broker.setRoundTrip(milliseconds: 2_000)
        // REQUEST_TIMED_OUT: the library sends again.
        try broker.pushRequestErrors(.produce, codes: [Int32](repeating: 7, count: 1_000))
        let writer = try RecordWriter(broker.configuration)
        let begin = ContinuousClock.now
        let error = #expect(throws: KafkaError.self) {
            try writer.write(RecordWriter.Record(topic: "t", key: [1], value: [2]), timeoutMs: 8_000)
        }
        let took = ContinuousClock.now - begin
        #expect(error?.code == KafkaError.Code.timedOut)
        #expect(took > .seconds(7) && took < .seconds(11), "with twice the time it were 12 s: \(took)")
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
        #expect(took > .milliseconds(900) && took < .seconds(7), "it took \(took)")
    }
}
