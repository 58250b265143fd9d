import Artifacts
import ClassifierHead
import TestSupport
import Testing
import Worker

/// The NPU's memory does not follow the product of a shard's images and a head's classes.
@Suite struct ShardScorerTests {
    private let featureCount = 8
    private let classCount = 21

    private func head(_ draws: inout SeededRandom) throws -> ClassifierHead {
        try ClassifierHead(
            name: "test", version: "v1", classNames: (0..<classCount).map { "class \($0)" },
            featureCount: featureCount,
            weights: (0..<(classCount * featureCount)).map { _ in
                Int8.random(in: -128...127, using: &draws)
            },
            bias: (0..<classCount).map { _ in Int32.random(in: -1_000...1_000, using: &draws) }, scale: 0.5,
            backboneDigest: ContentDigest(of: "backbone".utf8), summary: "made by a test")
    }

    @Test func fewLogitsAtATimeGiveTheSameScores() throws {
        var draws = SeededRandom(seed: 5)
        let head = try head(&draws)
        let bank = NPUBank(head)
        let counts = [3, 0, 70, 1, 130]
        let features = draws.bytes(counts.reduce(0, +) * featureCount)
        let whole = ShardScorer(bank, topK: 5).scores(features, counts: counts)
        // What each shard alone gives, all of its logits at once.
        var start = 0
        for (shard, count) in counts.enumerated() {
            let part = Array(features[(start * featureCount)..<((start + count) * featureCount)])
            var logits = [Int32](repeating: 0, count: count * classCount)
            logits.withUnsafeMutableBufferPointer { output in
                part.withUnsafeBufferPointer { bank.logits(features: $0, count: count, into: output) }
            }
            let bytes = logits.flatMap { logit in withUnsafeBytes(of: logit.littleEndian, Array.init) }
            #expect(whole[shard].logitsDigest == ContentDigest(of: bytes))
            #expect(whole[shard].top.count == count * 5 && whole[shard].perImage == 5)
            start += count
        }
        for rows in [1, 2, 64, 100] {
            let few = ShardScorer(bank, topK: 5, logitsMax: rows * classCount)
            #expect(few.scores(features, counts: counts) == whole, "\(rows) images at a time")
        }
    }

    @Test func aLargeShardByALargeHeadIsScoredInParts() {
        #expect(ShardScorer.rows(classes: 65_536) == 256)
        #expect(ShardScorer.rows(classes: 10) > 4_096)
        #expect(ShardScorer.rows(classes: 10, logitsMax: 3) == 1)
    }
}
