import Kafka
import PipelineMessages
import Testing
import hashiflex

/// What doctor makes of transactions that are open.
@Suite struct TransactionReviewTests {
    private let nowMs: Int64 = 1_000_000

    private func review(_ topic: String, ageMs: Int64?) throws -> [DoctorCheck] {
        let topics = try #require(TopicNames(prefix: "p"))
        let open = OpenTransaction(
            TopicPartition(topic: topic, partition: 2), from: 40, to: 52, sinceMs: ageMs.map { nowMs - $0 })
        return TransactionReview([open], topics: topics, nowMs: nowMs).checks
    }

    @Test(
        arguments: [("p.predictions", 20_000), ("p.receipts", 20_000), ("p.shards", 70_000)]
            as [(String, Int64)])
    func oneThatLastsLongerThanItMayIsNamed(_ topic: String, _ limitMs: Int64) throws {
        let within = try review(topic, ageMs: limitMs)
        #expect(
            within.count == 1 && within[0].ok && within[0].found == "1, the oldest for \(limitMs / 1_000) s")
        let beyond = try review(topic, ageMs: limitMs + 1)
        #expect(beyond.count == 1 && beyond[0].isBad)
        #expect(
            beyond[0].found.hasPrefix("\(topic)/2 waits for an open transaction since ")
                && beyond[0].found.hasSuffix(": at most 12 records from offset 40 on are held back"),
            "\(beyond)")
        #expect(beyond[0].advice?.contains("its producer had \(limitMs / 1_000 - 10) s") == true)
    }

    @Test func oneOfUnknownAgeIsNoFaultAndNotRightEither() throws {
        let checks = try review("p.shards", ageMs: nil)
        #expect(checks.count == 1 && !checks[0].isBad && !checks[0].known)
    }

    @Test func noneIsWell() throws {
        let topics = try #require(TopicNames(prefix: "p"))
        let checks = TransactionReview([], topics: topics, nowMs: nowMs).checks
        #expect(checks == [DoctorCheck(what: "open transactions", ok: true, found: "none")])
    }

    @Test func ofTopicsThatCanNotBeSeenNothingIsCalledRight() throws {
        let topics = try #require(TopicNames(prefix: "p"))
        let all = TransactionReview(
            [], topics: topics, nowMs: nowMs, unseen: TransactionReview.looked(topics)
        )
        .checks
        #expect(all.count == 1 && all.allSatisfy { !$0.ok && !$0.known })
        #expect(all.first?.found == "not looked at: p.shards, p.predictions, p.receipts")
        let one = TransactionReview([], topics: topics, nowMs: nowMs, unseen: ["p.receipts"]).checks
        #expect(one.map(\.found) == ["none where it could be looked", "not looked at: p.receipts"])
        #expect(one.map(\.ok) == [true, false] && one.map(\.known) == [true, false])
    }

    @Test func partitionsWhoseLeaderIsSilentAreNamed() throws {
        let topics = try #require(TopicNames(prefix: "p"))
        let silent = (0..<10).map { TopicPartition(topic: "p.shards", partition: $0) }
        let checks = TransactionReview([], topics: topics, nowMs: nowMs, silent: silent).checks
        #expect(checks.map(\.known) == [true, false] && !checks.contains(where: \.isBad))
        #expect(
            checks.last?.found
                == "not looked at, since their leaders do not answer: p.shards/0, p.shards/1, p.shards/2, p.shards/3, "
                + "p.shards/4, p.shards/5, p.shards/6, p.shards/7 and 2 more")
    }

    @Test func manyOfUnknownAgeAreCounted() throws {
        let topics = try #require(TopicNames(prefix: "p"))
        func checks(_ count: Int32) -> [DoctorCheck] {
            let open = (0..<count).map {
                OpenTransaction(
                    TopicPartition(topic: "p.shards", partition: $0), from: 0, to: 1, sinceMs: nil)
            }
            return TransactionReview(open, topics: topics, nowMs: nowMs).checks
        }
        #expect(checks(8).count == 8)
        let more = checks(11)
        #expect(more.count == 9 && more.allSatisfy { !$0.known })
        #expect(more.last?.found == "and 3 more, nobody can say since when")
    }

    @Test func manyAreNamedTogether() throws {
        let topics = try #require(TopicNames(prefix: "p"))
        let open = (0..<20).map {
            OpenTransaction(
                TopicPartition(topic: "p.shards", partition: $0), from: 0, to: 1, sinceMs: nowMs - 100_000)
        }
        let checks = TransactionReview(open, topics: topics, nowMs: nowMs).checks
        #expect(checks.count == 9 && checks.allSatisfy(\.isBad))
        #expect(checks.last?.found.hasSuffix("p.shards/18, p.shards/19") == true, "\(checks)")
    }
}
