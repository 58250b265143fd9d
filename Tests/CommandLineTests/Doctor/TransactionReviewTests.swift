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
