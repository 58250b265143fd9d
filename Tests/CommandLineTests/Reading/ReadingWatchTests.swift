import Kafka
import Testing
import hashiflex

/// When a reader asks after the leader of a partition, and what it says of one that is away.
@Suite struct ReadingWatchTests {
    @Test func aPartitionThatGivesNoSignIsAskedAfterWhateverOthersSend() {
        var watch = ReadingWatch([0, 1, 2], limitMs: 30_000, nowMs: 0)
        watch.ended(2, nowMs: 100)
        for second in 1...29 { watch.heard(0, nowMs: Int64(second) * 1_000) }
        #expect(watch.overdue(nowMs: 29_999).isEmpty)
        #expect(watch.overdue(nowMs: 30_000) == [1])
        #expect(!watch.isSilent(nowMs: 30_000))
        watch.answered([1], nowMs: 30_000)
        #expect(watch.overdue(nowMs: 58_999).isEmpty)
        #expect(watch.overdue(nowMs: 59_000) == [0])
        #expect(watch.isSilent(nowMs: 59_000))
    }

    @Test func whileNobodyListensNobodyIsSilent() {
        var watch = ReadingWatch([0, 1], limitMs: 3_000, nowMs: 0)
        watch.heard(0, nowMs: 2_000)
        watch.passOver(milliseconds: 60_000)
        #expect(watch.overdue(nowMs: 62_999).isEmpty && !watch.isSilent(nowMs: 64_999))
        #expect(watch.overdue(nowMs: 63_000) == [1])
    }

    @Test func atTheEndSilenceMeansNothingUntilARecordComes() {
        var watch = ReadingWatch([4], limitMs: 3_000, nowMs: 0)
        watch.ended(4, nowMs: 10)
        #expect(watch.overdue(nowMs: 1_000_000).isEmpty)
        watch.heard(4, nowMs: 1_000_000)
        #expect(watch.overdue(nowMs: 1_003_000) == [4])
    }

    @Test func partitionsAreNamedWithTheirLeader() {
        let node = ClusterDescription.Broker(id: 2, host: "kafka-2", port: 9092)
        #expect(
            SilentLeader(node: node, partitions: [3]).text
                == "partition 3: its leader, node 2 (kafka-2:9092), does not answer")
        #expect(
            SilentLeader(node: node, partitions: (0..<10).map { $0 }).text
                == "partitions 0, 1, 2, 3, 4, 5, 6, 7 and 2 more: their leader, node 2 (kafka-2:9092), does not answer"
        )
        #expect(SilentLeader(node: nil, partitions: [1, 2]).text == "partitions 1, 2: they have no leader")
        #expect(
            SilentLeader.leaders(of: [1, 0], in: nil, [node]) == [
                SilentLeader(node: nil, partitions: [0, 1])
            ])
    }

    @Test func aPartitionThatIsNotThereHasNoLeaderToWaitFor() {
        #expect(
            SilentLeader(node: nil, partitions: [999], isAbsent: true).text
                == "partition 999: there is no such partition")
        #expect(
            SilentLeader(node: nil, partitions: [7, 8], isAbsent: true).text
                == "partitions 7, 8: there are no such partitions")
    }

    @Test func onlyTheTopicSaysThatAPartitionIsNotThere() throws {
        let broker = try EmbeddedBroker(topics: [("t", 2)])
        defer { broker.close() }
        let cluster = try KafkaAdmin(broker.configuration).metadata(timeoutMs: 5_000)
        let topic = try #require(cluster.topics["t"])
        let node = try #require(cluster.brokers.first)
        #expect(
            SilentLeader.leaders(of: [999, 1, 0], in: topic, cluster.brokers) == [
                SilentLeader(node: node, partitions: [0, 1]),
                SilentLeader(node: nil, partitions: [999], isAbsent: true),
            ])
    }
}
