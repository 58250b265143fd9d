import Kafka
import Testing
import hashiflex

/// What doctor says when it has asked every node by itself.
@Suite struct NodeReviewTests {
    private typealias Broker = ClusterDescription.Broker

    private static let nodes = (1...3).map { Broker(id: $0, host: "kafka-\($0)", port: 9092) }

    private func view(
        _ ids: [Int32] = [1, 2, 3], leader: Int32 = 1, keepers: Set<Int32> = [1, 2, 3],
        settings: [String: String]? = nil
    ) -> NodeSurvey.Answer {
        let shards = TopicPartition(topic: "hashiflex.shards", partition: 0)
        return .whole(
            NodeSurvey.View(
                nodes: Self.nodes.filter { ids.contains($0.id) }, leaders: [shards: leader], keepers: keepers,
                settings: settings))
    }

    private func review(_ answers: [NodeSurvey.Answer]) -> NodeReview {
        NodeReview(
            zip(Self.nodes, answers).map {
                NodeSurvey.Finding(address: $0.address, node: $0, answer: $1)
            })
    }

    private func line(_ review: NodeReview, _ what: String) throws -> DoctorCheck {
        try #require(review.checks.first { $0.what == what }, "\(review.checks)")
    }

    @Test func nodesThatSayTheSameAreAllRight() throws {
        let review = review([view(), view(), view()])
        #expect(review.checks.map(\.what) == ["nodes", "leaders"] && review.checks.allSatisfy(\.ok))
        #expect(!review.differs && !review.losesLargePackets && review.strangers.isEmpty)
        #expect(
            try line(review, "leaders").found
                == "3 nodes name the same nodes, and the same leaders of 1 partitions")
    }

    @Test func aSilentNodeIsNamedWithItsAddress() throws {
        let review = review([view(), .silent("no route to host"), view()])
        let nodes = try line(review, "nodes")
        #expect(nodes.isBad && nodes.found == "node 2 (kafka-2:9092) does not answer: no route to host")
        #expect(try line(review, "leaders").ok, "the two others agree")
    }

    @Test func ofOneAnswerNobodyKnowsWhetherLeadersAgree() throws {
        let leaders = try line(review([view(), .silent("x"), .silent("x")]), "leaders")
        #expect(!leaders.ok && !leaders.known && !leaders.isBad)
        #expect(leaders.line.hasPrefix("??? "))
    }

    /// It is told of by nobody any more, and goes on telling of itself.
    @Test func aNodeThatIsCutOffFromItsPeersShowsByWhatItTells() throws {
        let review = review([view(leader: 1), view([2, 3], leader: 2), view([2, 3], leader: 2)])
        #expect(review.differs)
        let leaders = try line(review, "leaders")
        #expect(leaders.isBad)
        #expect(
            leaders.found
                == "node 1 (kafka-1:9092) tells of nodes 1, 2, 3, node 2 (kafka-2:9092) and node 3 (kafka-3:9092) tells of "
                + "nodes 2, 3; hashiflex.shards/0: node 1 leads, says node 1 (kafka-1:9092); node 2 leads, says node 2 "
                + "(kafka-2:9092) and node 3 (kafka-3:9092)")
    }

    /// As many nodes in each list, and the same ones as far as a line names them.
    @Test func listsThatDifferBehindWhatIsNamedDiffer() throws {
        func view(_ ids: [Int32]) -> NodeSurvey.Answer {
            .whole(
                NodeSurvey.View(
                    nodes: ids.map { Broker(id: $0, host: "kafka-\($0)", port: 9092) }, leaders: [:],
                    keepers: []))
        }
        let differing = review([view(Array(1...9)), view(Array(1...8) + [10])])
        #expect(differing.differs)
        let leaders = try line(differing, "leaders")
        #expect(leaders.isBad)
        #expect(
            leaders.found
                == "node 1 (kafka-1:9092) tells of 8 nodes that all tell of, and of node 9, node 2 (kafka-2:9092) tells of 8 "
                + "nodes that all tell of, and of node 10")
        #expect(!review([view(Array(1...9)), view(Array(1...9))]).differs)
    }

    @Test func aNodeThatKeepsCopiesAndIsNowhereIsAway() throws {
        let two = Array(Self.nodes.dropFirst())
        let review = NodeReview(
            two.map {
                NodeSurvey.Finding(address: $0.address, node: $0, answer: view([2, 3], leader: 2))
            })
        let nodes = try line(review, "nodes")
        #expect(nodes.isBad && nodes.found == "copies lie on node 1, in nobody's list of nodes: away")
    }

    @Test func packetsOfFullSizeThatVanishAreSaid() throws {
        let review = review([view(), .smallOnly("the list of all topics"), view()])
        #expect(review.losesLargePackets)
        let packets = try line(review, "packets")
        #expect(packets.isBad && packets.found.contains("node 2 (kafka-2:9092) answers small questions"))
        #expect(packets.found.contains("(MTU)") && packets.advice?.contains("ping -M do") == true)
        #expect(try line(review, "nodes").ok, "it answers")
    }

    @Test func nodesThatOthersTellOfAreAskedToo() {
        let review = NodeReview([
            NodeSurvey.Finding(address: "kafka-1:9092", node: Self.nodes[0], answer: view([1, 3]))
        ])
        #expect(review.strangers == [Self.nodes[2]])
    }

    @Test func ofOneNodeThereIsNothingToCompare() {
        let only = NodeSurvey.Answer.whole(
            NodeSurvey.View(nodes: [Self.nodes[0]], leaders: [:], keepers: [1]))
        #expect(review([only]).checks.map(\.what) == ["nodes"])
    }

    @Test func nodesThatWereTooManyAreNotCalledRight() throws {
        let nodes = NodeReview(
            [NodeSurvey.Finding(address: "kafka-1:9092", node: Self.nodes[0], answer: view())], unasked: 4)
        let line = try #require(nodes.checks.first)
        #expect(!line.known && line.found.hasPrefix("1 of 5 addresses answer"))
    }

    @Test(
        "What a node keeps beside offsets, and what else it allows",
        arguments: [("4096", true), ("512", false)])
    func nodeSettings(_ bytes: String, _ isRight: Bool) throws {
        let wide = [
            "offset.metadata.max.bytes": "4096", "offsets.retention.minutes": "10080",
            "transaction.max.timeout.ms": "900000",
        ]
        let review = review([
            view(settings: wide),
            view(settings: wide.merging(["offset.metadata.max.bytes": bytes]) { $1 }),
            .silent("x"),
        ])
        let checks = NodeSettingsReview(review.settings).checks
        #expect(checks.map(\.what) == ["committed offsets", "beside offsets"])
        #expect(checks[0].ok && checks[1].ok == isRight)
        #expect(isRight || checks[1].found.contains("of node 2 (kafka-2:9092)"))
        #expect(NodeSettingsReview([]).checks.isEmpty)
    }

    @Test func shortTransactionsAndRetentionsOfOneNodeAreSaid() {
        let checks = NodeSettingsReview([
            ("node 1 (a:1)", ["offsets.retention.minutes": "1440", "transaction.max.timeout.ms": "5000"])
        ]).checks
        #expect(checks.map(\.what) == ["committed offsets", "transactions"] && checks.allSatisfy(\.isBad))
    }
}
