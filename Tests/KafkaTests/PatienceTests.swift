import Kafka
import Synchronization
import Testing
import Threads

/// What is retriable is asked again, to one deadline, and said once.
@Suite(.timeLimit(.minutes(1))) struct PatienceTests {
    private static let passing = KafkaError(code: KafkaError.Code.leaderNotAvailable, doing: "t")
    private static let other = KafkaError(code: KafkaError.Code.notLeader, doing: "t")
    private static let unknown = KafkaError(code: KafkaError.Code.unknownTopicOrPartition, doing: "t")
    private static let lasting = KafkaError(code: KafkaError.Code.invalidArgument, doing: "t")

    private let lines = Lines()

    private func patience(seconds: Int) -> Patience {
        let lines = lines
        return Patience(seconds: seconds) { lines.add($0) }
    }

    @Test func whatPassesIsAskedAgain() throws {
        var failures = [Self.other, Self.passing]
        var timeouts: [Int32] = []
        let answer = try patience(seconds: 30).wait(for: "a leader", callMs: 700) {
            timeoutMs throws(KafkaError) in
            timeouts.append(timeoutMs)
            if let failure = failures.popLast() { throw failure }
            return 7
        }
        #expect(answer == 7)
        #expect(timeouts == [700, 700, 700])
    }

    @Test(arguments: [0, 30]) func whatLastsEndsAtOnce(_ seconds: Int) {
        var asked = 0
        let failure = #expect(throws: KafkaError.self) {
            try patience(seconds: seconds).wait(for: "a leader") { (_: Int32) throws(KafkaError) -> Void in
                asked += 1
                throw Self.lasting
            }
        }
        #expect(failure == Self.lasting)
        #expect(asked == 1)
        #expect(lines.all.isEmpty)
    }

    @Test func withoutPatienceItIsAskedOnceAndStillGivenTime() {
        var timeouts: [Int32] = []
        let failure = #expect(throws: KafkaError.self) {
            try patience(seconds: 0).wait(for: "a leader", callMs: 10_000) { timeoutMs throws(KafkaError) in
                timeouts.append(timeoutMs)
                throw Self.passing
            }
        }
        #expect(failure == Self.passing)
        #expect(timeouts == [5_000])
    }

    /// One deadline for two questions; each reason is said once, and the end says how long it was tried.
    @Test func theDeadlineIsOneAndEveryReasonIsSaidOnce() {
        let patience = patience(seconds: 3_600).atMost(milliseconds: 4_000)
        let begin = ContinuousClock.now
        var asked = 0
        var failures: [KafkaError?] = []
        for what in ["a leader", "a coordinator"] {
            failures.append(
                #expect(throws: KafkaError.self) {
                    try patience.wait(for: what) { (_: Int32) throws(KafkaError) -> Void in
                        asked += 1
                        throw Self.passing
                    }
                })
        }
        let took = ContinuousClock.now - begin
        #expect(took > .seconds(3), "\(took)")
        // 0.25, 0.5, 1, 2 s of pauses; the second question finds no time left. With a deadline of its own it were asked ten times.
        #expect((3...7).contains(asked), "\(asked)")
        #expect(failures[0]?.message.contains("; tried for ") == true, "\(String(describing: failures[0]))")
        #expect(failures[0]?.code == Self.passing.code && failures[0]?.isRetriable == true)
        #expect(failures[1] == Self.passing)
        #expect(lines.all.count == 1, "\(lines.all)")
        #expect(lines.all.first?.hasPrefix("waiting for a leader, for ") == true, "\(lines.all)")
        #expect(lines.all.first?.contains(" s more: t: ") == true, "\(lines.all)")
    }

    @Test func anotherReasonIsSaidAsWell() {
        var asked = 0
        let failure = #expect(throws: KafkaError.self) {
            try patience(seconds: 3_600).atMost(milliseconds: 5_000).wait(for: "a leader") {
                (_: Int32) throws(KafkaError) -> Void in
                asked += 1
                throw asked < 4 ? Self.passing : Self.other
            }
        }
        #expect(failure?.code == Self.other.code)
        #expect(lines.all.count == 2, "\(lines.all)")
    }

    @Test func aSignalEndsIt() {
        let stop = Signal()
        let begin = ContinuousClock.now
        let failure = #expect(throws: KafkaError.self) {
            try patience(seconds: 60).until(stop).wait(for: "a leader") {
                (_: Int32) throws(KafkaError) -> Void in
                stop.set()
                throw Self.passing
            }
        }
        #expect(failure == Self.passing)
        #expect(ContinuousClock.now - begin < .seconds(30), "it would have been 60 s")
    }

    @Test func aTopicThatOneNodeHasNotHeardOfIsAskedForAgainForTwoSeconds() throws {
        var asked = 0
        #expect(throws: KafkaError.self) {
            try patience(seconds: 60).wait(for: "a topic") { (_: Int32) throws(KafkaError) -> Void in
                asked += 1
                throw Self.unknown
            }
        }
        #expect(asked == 1, "where it is no news it is the answer")
        asked = 0
        let failure = #expect(throws: KafkaError.self) {
            try patience(seconds: 60).wait(for: "a topic", mayBeUnheard: true) {
                (_: Int32) throws(KafkaError) -> Void in
                asked += 1
                throw Self.unknown
            }
        }
        #expect(failure?.code == Self.unknown.code)
        #expect((5...10).contains(asked), "\(asked)")
        #expect(lines.all.isEmpty)
    }
}

/// What was said.
private final class Lines: Sendable {
    private let lines = Mutex<[String]>([])

    func add(_ line: String) { lines.withLock { $0.append(line) } }
    var all: [String] { lines.withLock { $0 } }
}

extension OnBroker {
    @Suite struct Spreading {
        @Test func everyNodeIsAskedForItself() throws {
            try withBroker([("a", 3)]) { broker in
                let known = TopicSpread(broker.configuration, topics: ["a": 3])
                #expect(try known.settle(Patience(seconds: 0)).isEmpty)
                // As if two partitions had no leader yet.
                let gaps = try TopicSpread(broker.configuration, topics: ["a": 5]).settle(
                    Patience(seconds: 0))
                #expect(gaps.map(\.topic) == ["a"])
                #expect(gaps.first?.node.address == broker.bootstrap)
                #expect(
                    gaps.first?.description.contains(
                        "(\(broker.bootstrap)) knows the leaders of 3 of 5 partitions of topic a") == true,
                    "\(gaps)")
            }
        }
    }
}
