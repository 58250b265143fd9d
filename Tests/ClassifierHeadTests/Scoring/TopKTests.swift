import ClassifierHead
import Testing
import TestSupport

@Suite struct TopKTests {
    @Test func theBestComeFirst() {
        #expect(select([3, 9, -1, 7], k: 2) == [Pair(1, 9), Pair(3, 7)])
    }

    @Test func theLowestIndexWinsTies() {
        #expect(select([5, 5, 5, 5], k: 3) == [Pair(0, 5), Pair(1, 5), Pair(2, 5)])
        #expect(select([1, 5, 2, 5], k: 1) == [Pair(1, 5)])
        #expect(select([1, 2, 2, 3, 2], k: 3) == [Pair(3, 3), Pair(1, 2), Pair(2, 2)])
    }

    @Test func moreThanThereAreGivesAllInOrder() {
        #expect(select([1, 3, 2], k: 10) == [Pair(1, 3), Pair(2, 2), Pair(0, 1)])
    }

    @Test func noneGivesNone() {
        #expect(select([1, 2], k: 0).isEmpty)
        #expect(select([], k: 5).isEmpty)
    }

    @Test func theExtremesOfInt32AreOrdered() {
        #expect(
            select([0, .min, -1, .max], k: 4) == [Pair(3, .max), Pair(0, 0), Pair(2, -1), Pair(1, .min)]
        )
    }

    @Test func itAgreesWithSortingEverything() {
        for seed in UInt64(0)..<300 {
            var generator = SeededRandom(seed: seed)
            let count = Int.random(in: 1...1_000, using: &generator)
            let spread = Int32([1, 3, 50, 1_000_000].randomElement(using: &generator) ?? 1)
            let logits = (0..<count).map { _ in Int32.random(in: -spread...spread, using: &generator) }
            let k = Int.random(in: 0...12, using: &generator)
            let sorted = logits.enumerated()
                .sorted { $0.element == $1.element ? $0.offset < $1.offset : $0.element > $1.element }
            let expected = sorted.prefix(k).map { Pair($0.offset, $0.element) }
            #expect(select(logits, k: k) == expected, "seed \(seed)")
        }
    }

    private struct Pair: Equatable {
        var classIndex: Int
        var logit: Int32

        init(_ classIndex: Int, _ logit: Int32) {
            self.classIndex = classIndex
            self.logit = logit
        }
    }

    private func select(_ logits: [Int32], k: Int) -> [Pair] {
        logits.withUnsafeBufferPointer { TopK.select($0, k: k).map { Pair($0.classIndex, $0.logit) } }
    }
}
