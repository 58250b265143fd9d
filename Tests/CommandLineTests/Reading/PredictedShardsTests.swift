import Artifacts
import Testing
import hashiflex

/// What is remembered of the shards that have predictions.
@Suite struct PredictedShardsTests {
    @Test func theLastBackboneOfAShardIsFound() {
        let (one, other) = (ContentDigest(of: [1]), ContentDigest(of: [2]))
        var shards = PredictedShards(partitions: 8)
        #expect(shards.highest.isEmpty && shards.backbone(partition: 0, offset: 0) == nil)
        for offset in Int64(0)..<100 where offset != 50 {
            shards.learn(partition: 3, offset: offset, backbone: offset < 60 ? one : other)
        }
        shards.learn(partition: 7, offset: 5, backbone: one)
        #expect(shards.backbone(partition: 3, offset: 50) == nil)
        shards.learn(partition: 3, offset: 50, backbone: other)
        shards.learn(partition: 3, offset: 20, backbone: other)
        #expect(shards.count == 101 && shards.highest == [3: 99, 7: 5])
        #expect(shards.backbone(partition: 3, offset: 19) == one)
        #expect(shards.backbone(partition: 3, offset: 20) == other)
        #expect(shards.backbone(partition: 3, offset: 50) == other)
        #expect(shards.backbone(partition: 3, offset: 99) == other)
        #expect(shards.backbone(partition: 3, offset: 100) == nil)
        #expect(shards.backbone(partition: 4, offset: 5) == nil && shards.unknownPlaces == 0)
    }

    /// No end would ever be read of it, and one foreign record would hide what an audit found.
    @Test func aPartitionThatTheTopicHasNotIsCountedAndNotRead() {
        let backbone = ContentDigest(of: [1])
        var shards = PredictedShards(partitions: 4)
        for partition: Int32 in [999, 4, .max, -1] {
            let isThere = shards.learn(partition: partition, offset: 7, backbone: backbone)
            #expect(!isThere)
        }
        let isThere = shards.learn(partition: 3, offset: 0, backbone: backbone)
        #expect(isThere && shards.highest == [3: 0] && shards.unknownPlaces == 4)
    }
}
