import Kafka
import Testing

/// The library's lines about brokers: each trouble once, then that it is over.
@Suite struct BrokerTroublesTests {
    private static func refused(_ broker: String, afterMs: Int = 0, suppressed: Int = 0) -> String {
        "[thrd:\(broker)]: \(broker): Connect to ipv4#127.0.0.1:9092 failed: Connection refused (after \(afterMs)ms in state "
            + "CONNECT, \(suppressed) identical error(s) suppressed)"
    }

    @Test func aTroubleIsSaidOnceAndThatItIsOver() {
        var troubles = BrokerTroubles()
        let start = ContinuousClock.now
        let first = troubles.admit(Self.refused("localhost:9092/1"), at: start)
        let again = troubles.admit(
            Self.refused("localhost:9092/1", afterMs: 3, suppressed: 5), at: start + .seconds(30))
        #expect(first && !again && !troubles.isEmpty)
        let early = troubles.over(at: start + .seconds(89))
        #expect(early.isEmpty, "it was said a minute before")
        let over = troubles.over(at: start + .seconds(90))
        #expect(over == ["localhost:9092/1: no more trouble for 60 s; 1 more like it were left out"])
        #expect(troubles.isEmpty)
        let anew = troubles.admit(Self.refused("localhost:9092/1"), at: start + .seconds(100))
        #expect(anew, "a new one is news")
    }

    @Test func anotherBrokerAndAnotherTroubleAreNews() {
        var troubles = BrokerTroubles()
        let now = ContinuousClock.now
        let first = troubles.admit(Self.refused("a:9092/1"), at: now)
        let other = troubles.admit(Self.refused("b:9092/2"), at: now)
        let gone = "[thrd:a:9092/1]: a:9092/1: Disconnected (after 812ms in state UP)"
        let another = troubles.admit(gone, at: now)
        let same = troubles.admit(gone, at: now)
        #expect(first && other && another && !same)
    }

    @Test func whatNamesNoBrokerIsAlwaysSaid() {
        var troubles = BrokerTroubles()
        let now = ContinuousClock.now
        for text in ["", "something", "[thrd:main]: ", "no broker here: it says", ": x"] {
            let once = troubles.admit(text, at: now)
            let twice = troubles.admit(text, at: now)
            #expect(once && twice, "\(text)")
        }
        #expect(troubles.isEmpty)
    }

    @Test func manyBrokersTakeABoundedMemory() {
        var troubles = BrokerTroubles()
        let now = ContinuousClock.now
        for number in 0..<10_000 {
            _ = troubles.admit(Self.refused("b\(number):9092/1"), at: now)
            _ = troubles.admit(
                "[thrd:a]: b0:9092/1: \(String(repeating: "x", count: number % 50)) (after 1ms)", at: now)
        }
        #expect(troubles.over(at: now + .seconds(60)).count == 64)
    }
}
