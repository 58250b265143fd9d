import Testing
import hashiflex

/// What doctor says of processes that it hears, heard once, or can only count.
@Suite struct HeartbeatReviewTests {
    private func check(_ age: HeartbeatAge?, _ members: HeartbeatReview.Members) -> DoctorCheck {
        HeartbeatReview.check("workers", age, group: "g", members, live: "2 live", none: "start one")
    }

    @Test func whoIsHeardIsThere() {
        let line = check(HeartbeatAge(milliseconds: 2_900, source: .heard), .unknown(""))
        #expect(line.ok && line.found == "2 live; a heartbeat came while this listened")
    }

    @Test func membersWithoutAFreshHeartbeatAreAFault() {
        let line = check(HeartbeatAge(milliseconds: 63_000, source: .broker), .count(6))
        #expect(line.isBad)
        #expect(
            line.found
                == "no fresh heartbeat although group g has 6 members; the newest heartbeat was 63 s ago by the broker's clock"
        )
        let ahead = check(HeartbeatAge(milliseconds: -63_000, source: .broker), .count(6))
        #expect(ahead.isBad && ahead.found.contains("63 s ahead by the broker's clock"))
        #expect(check(nil, .count(1)).isBad)
    }

    @Test func anEmptyGroupIsNoFaultAndWhatIsNotKnownIsNotRight() {
        let empty = check(HeartbeatAge(milliseconds: 63_000, source: .sender), .count(0))
        #expect(empty.ok && empty.found.contains("63 s ago by the sender's clock"))
        #expect(empty.advice == "start one")
        let unknown = check(nil, .unknown("no right"))
        #expect(!unknown.ok && !unknown.isBad && unknown.found.contains("no right"))
        let timeless = check(HeartbeatAge(milliseconds: nil, source: .sender), .count(1))
        #expect(timeless.isBad && timeless.found.contains("bears no time"))
    }
}
