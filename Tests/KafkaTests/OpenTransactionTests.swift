import Kafka
import Testing

/// What is said of transactions that hold readers of committed records back.
@Suite struct OpenTransactionTests {
    private let place = TopicPartition(topic: "t", partition: 3)

    /// One look of a watch at a partition that ends at `end`.
    private func look(_ watch: inout OpenTransactionWatch, _ ms: Int64, end: Int64) -> [String] {
        watch.news(steadyMs: ms, wallMs: 81_663_000 + ms) { $0 == place ? end : nil }
    }

    @Test func oneThatPassesIsNotSaid() {
        var watch = OpenTransactionWatch()
        watch.ended(place, at: 10)
        #expect(look(&watch, 0, end: 12).isEmpty)
        #expect(look(&watch, 4_999, end: 12).isEmpty)
        watch.heard(place)
        watch.ended(place, at: 12)
        // The next one is as old as its own first look.
        #expect(look(&watch, 5_000, end: 14).isEmpty)
        #expect(look(&watch, 9_999, end: 14).isEmpty)
        #expect(look(&watch, 10_000, end: 14).count == 1)
    }

    @Test func oneThatStaysIsSaidWithPlaceTimeAndNumberAndAgainAndWhenItIsOver() {
        var watch = OpenTransactionWatch()
        watch.ended(place, at: 10)
        #expect(look(&watch, 0, end: 12).isEmpty)
        #expect(
            look(&watch, 5_000, end: 12) == [
                "t/3 waits for an open transaction since 22:41:03 UTC, 5 s ago: at most 2 records from offset 10 on are "
                    + "held back"
            ])
        #expect(look(&watch, 6_000, end: 13).isEmpty)
        #expect(look(&watch, 64_999, end: 13).isEmpty)
        let again = look(&watch, 65_000, end: 13)
        #expect(again.count == 1 && again[0].contains("65 s ago: at most 3 records"), "\(again)")
        watch.heard(place)
        #expect(look(&watch, 66_000, end: 13) == ["t/3: the open transaction is over; reading goes on"])
        #expect(look(&watch, 67_000, end: 13).isEmpty)
    }

    @Test func withoutMoreBehindTheEndThereIsNone() {
        var watch = OpenTransactionWatch()
        watch.ended(place, at: 10)
        for second in 0..<100 { #expect(look(&watch, Int64(second) * 1_000, end: 10).isEmpty) }
        #expect(watch.held { _ in 10 }.isEmpty)
        #expect(watch.held { _ in nil }.isEmpty)
        #expect(watch.held { _ in 11 } == [place])
    }

    @Test func whatIsNotReadIsNotWaitedFor() {
        var watch = OpenTransactionWatch()
        watch.ended(place, at: 10)
        #expect(look(&watch, 0, end: 12).isEmpty)
        watch.pause([place])
        #expect(look(&watch, 60_000, end: 12).isEmpty)
        watch.resume([place])
        #expect(look(&watch, 61_000, end: 12).isEmpty)
        #expect(look(&watch, 66_000, end: 12).count == 1)
        watch.follow(.revoked([place], lost: false))
        #expect(look(&watch, 130_000, end: 12).isEmpty)
    }

    /// Without the right to read one topic the records of the others are waited for all the same.
    @Test func aRefusedPartitionIsThatPartitionAlone() {
        let other = TopicPartition(topic: "u", partition: 0)
        var search = FirstRecordSearch([place, other])
        var refusal = KafkaError(code: 29, doing: "reading \(place)")
        refusal.partition = place
        let named = refusal.wanting(AccessRight(.read, .topic("t")), "User:a")
        #expect(named.isRefusedAccess && named.isFatal && named.partition == place)
        search.failed(named)
        #expect(!search.isOver)
        let wasRefused = search.heard(place)
        #expect(!wasRefused)
        // One of a connection is no reason to end.
        search.failed(KafkaError(code: KafkaError.Code.transport, doing: ""))
        #expect(!search.isOver)
        let (isFirst, isSecond) = (search.heard(other), search.heard(other))
        #expect(isFirst && !isSecond && search.isOver)
    }

    @Test func aUselessClientIsNotWaitedFor() {
        var search = FirstRecordSearch([place])
        search.failed(KafkaError(code: KafkaError.Code.fatal, doing: "", isFatal: true))
        #expect(search.isOver)
        var empty = FirstRecordSearch([place])
        empty.ended(place)
        #expect(empty.isOver)
    }

    @Test func itSaysWhatIsNotKnown() {
        let unknown = OpenTransaction(place, from: 4, to: 5, sinceMs: nil)
        #expect(unknown.ageMs(nowMs: 9) == nil)
        #expect(
            unknown.text(nowMs: 9)
                == "t/3 waits for an open transaction, nobody can say since when: at most 1 record from offset 4 on is held "
                + "back")
        // A clock that is ahead makes no negative age.
        #expect(OpenTransaction(place, from: 4, to: 5, sinceMs: 100).ageMs(nowMs: 9) == 0)
    }
}
