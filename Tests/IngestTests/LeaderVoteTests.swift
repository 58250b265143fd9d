import Ingest
import Kafka
import Testing
import Threads

/// Whom a camera asks for what it wrote: never the node that is cut off from the others.
@Suite struct LeaderVoteTests {
    /// Nodes `n1`, `n2` and so on, each naming a leader of partition 0; `nil` does not answer.
    private func vote(_ leaders: [Int32?]) -> LeaderVote {
        LeaderVote(
            leaders.enumerated().map { place, leader in
                LeaderVote.Node(address: "n\(place + 1):9092", leaders: leader.map { [0: $0] })
            })
    }

    @Test(
        arguments: [
            ([1], 1), ([2, 2, 1], 2), ([1, nil, 1], 1), ([3, 3, 3, 1], 3), ([nil, 2, 2, 2, nil], 2),
        ] as [([Int32?], Int32)])
    func whoMostNameLeads(leaders: [Int32?], leader: Int32) {
        #expect(vote(leaders).leader(of: 0) == leader)
    }

    @Test(
        arguments: [
            [], [nil], [-1], [1, 2], [1, nil], [-1, -1, -1], [1, 2, 3], [1, nil, nil], [1, -1, 2],
            [1, 1, 2, 2],
            [1, 1, nil, nil],
        ] as [[Int32?]])
    func withoutMoreThanHalfNobodyLeads(leaders: [Int32?]) {
        let vote = vote(leaders)
        #expect(vote.leader(of: 0) == nil)
        #expect(vote.addresses(of: [0]) == nil)
    }

    @Test func onlyNodesThatAgreeWithMostAreAsked() {
        #expect(vote([1, 2, 2]).addresses(of: [0]) == "n2:9092,n3:9092", "the first is cut off")
        #expect(vote([2, nil, 2]).addresses(of: [0]) == "n1:9092,n3:9092")
        #expect(vote([1]).addresses(of: [0]) == "n1:9092")
        #expect(vote([1]).addresses(of: [1]) == nil, "nobody knows of it")
    }

    @Test func ofSeveralPartitionsThoseWithoutALeaderDoNotCount() {
        let nodes: [[Int32: Int32]?] = [[0: 1, 1: 1, 2: -1], [0: 2, 1: 3, 2: -1], [0: 2, 1: 3, 2: -1]]
        let vote = LeaderVote(
            nodes.enumerated().map { LeaderVote.Node(address: "n\($0.offset + 1)", leaders: $0.element) })
        #expect(vote.partitions == [0, 1, 2])
        #expect(vote.addresses(of: vote.partitions) == "n2,n3")
        #expect(vote.addresses(of: [2]) == nil)
    }

    /// One question of three seconds is not enough: the network may not be mended yet.
    @Test(.timeLimit(.minutes(1))) func theNodesAreAskedAgainUntilTheyAnswer() throws {
        let deployment = try IngestDeployment()
        let broker = deployment.broker
        try broker.setDown()
        let mending = PlatformThread("mending") {
            Signal().wait(milliseconds: 4_000)
            do { try broker.setUp() } catch { Issue.record(error) }
        }
        let search = ShardSearch(try deployment.options(), begins: [:])
        let kafka = try search.asking(until: Signal(), deadlineMs: Clock.steadyMs + 40_000)
        #expect(!kafka.brokers.isEmpty)
        mending.join()
    }
}
