import Kafka
import Testing

/// When a reader has read what was there, though others write all the time.
@Suite struct PassedEndsTests {
    private let place = TopicPartition(topic: "t", partition: 0)

    @Test func theEndThatWasKnownFirstIsPassedOnce() {
        var ends = PassedEnds()
        var known: Int64? = nil
        func pass(_ offset: Int64) -> Bool { ends.pass(place, offset: offset, steadyMs: 0) { _ in known } }
        #expect(!pass(0), "nobody has said where it ends")
        known = 5
        #expect(!pass(1))
        // More comes than is read.
        known = 1_000
        #expect(!pass(3))
        #expect(pass(4))
        #expect(!pass(5) && !pass(999))
    }

    /// Control records and what compaction took have offsets, too.
    @Test func aMessageBehindTheEndPassesIt() {
        var ends = PassedEnds()
        let isPassed = [3, 9].map { ends.pass(place, offset: $0, steadyMs: 0) { _ in 5 } }
        #expect(isPassed == [false, true])
    }

    @Test func partitionsAreToldApart() {
        var ends = PassedEnds()
        let other = TopicPartition(topic: "t", partition: 1)
        let isPassed = [place, other, place].map {
            ends.pass($0, offset: 0, steadyMs: 0) { $0.partition == 0 ? 1 : 2 }
        }
        #expect(isPassed == [true, false, false])
    }

    /// Who has read for long takes a newer end, but not for ever.
    @Test func anEndThatGrewOldGivesItsPlaceToANewerOne() {
        var ends = PassedEnds(freshMs: 500)
        var known: Int64 = 10
        func pass(_ offset: Int64, _ now: Int64) -> Bool {
            ends.pass(place, offset: offset, steadyMs: now) { _ in known }
        }
        #expect(!pass(0, 0))
        known = 20
        #expect(!pass(9, 2_000))
        #expect(pass(19, 2_400), "passed soon after it was known")
        var slow = PassedEnds(freshMs: 500)
        var offset: Int64 = 0
        let steps = (0..<100).first { step in
            let now = Int64(step) * 1_000
            defer { offset += 10 }
            return slow.pass(place, offset: offset, steadyMs: now) { _ in offset + 10 }
        }
        #expect((2...20).contains(steps ?? .max), "\(steps ?? -1)")
    }
}
