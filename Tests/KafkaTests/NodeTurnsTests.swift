import Kafka
import Testing

/// A client that was stuck begins at another node each time.
@Suite struct NodeTurnsTests {
    @Test func everyNodeHasItsTurn() {
        var turns = NodeTurns()
        let first = KafkaConfiguration(brokers: "a:1,b:2,c:3")
        let nodes = ["a:1", "b:2", "c:3"]
        let asked = (0..<4).map { _ in turns.next(first, of: nodes)?.brokers }
        #expect(asked == ["b:2", "c:3", "a:1", "b:2"])
    }

    @Test func oneNodeIsNoChoice() {
        var turns = NodeTurns()
        #expect(turns.next(KafkaConfiguration(brokers: "a:1"), of: ["a:1"]) == nil)
        #expect(turns.next(KafkaConfiguration(brokers: "a:1"), of: []) == nil)
    }

    @Test func nobodyAnswers() {
        var turns = NodeTurns()
        #expect(turns.next(KafkaConfiguration(brokers: "127.0.0.1:1"), timeoutMs: 50) == nil)
    }
}
