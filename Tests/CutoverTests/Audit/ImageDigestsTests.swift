import Artifacts
import Cutover
import PipelineMessages
import TestSupport
import Testing

/// What the audit remembers of images and shards, beside plain dictionaries.
@Suite struct ImageDigestsTests {
    private func address(_ partition: Int32, _ offset: Int64, _ index: Int) -> ImageAddress {
        ImageAddress(topic: "t", partition: partition, offset: offset, index: index)
    }

    @Test(arguments: 0..<40)
    func itFindsWhatADictionaryFinds(_ seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        var digests = ImageDigests()
        var known: [ImageAddress: ContentDigest] = [:]
        for step in 0..<3_000 {
            // Mostly in order, as workers write; some shards late, some images out of order, some twice, some of elsewhere.
            let isOrderly = !random.oneIn(5)
            let offset =
                isOrderly ? Int64(step / 16) : Int64(Int.random(in: 0...(step / 16 + 1), using: &random))
            let index = isOrderly ? (step / 2) % 8 : Int.random(in: 0...9, using: &random)
            let topic = random.oneIn(50) ? "other" : "t"
            let place = ImageAddress(
                topic: topic, partition: Int32(step % 2), offset: offset, index: index)
            let digest = ContentDigest(of: [UInt8(truncatingIfNeeded: random.oneIn(4) ? step : index)])
            let expected: ImageDigests.Finding =
                known[place].map { $0 == digest ? .same : .different } ?? .first
            if expected == .first { known[place] = digest }
            let found = digests.take(place, digest)
            #expect(found == expected, "seed \(seed), step \(step), \(place)")
        }
        #expect(digests.count == known.count)
    }

    @Test func inOrderNoneTakesMoreThanItsSixteenBytes() {
        var digests = ImageDigests()
        let digest = ContentDigest(of: [1])
        for offset in Int64(0)..<2_000 {
            // Two partitions whose records come in turns.
            for index in 0..<8 {
                for partition in Int32(0)..<2 {
                    let found = digests.take(address(partition, 3 * offset, index), digest)
                    #expect(found == .first)
                }
            }
        }
        #expect(digests.count == 32_000 && digests.strayCount == 0)
        // Repetitions of what lies far behind are found, and take nothing.
        for offset in stride(from: Int64(0), to: 2_000, by: 7) {
            let found = digests.take(address(1, 3 * offset, 5), digest)
            #expect(found == .same)
        }
        #expect(digests.count == 32_000 && digests.strayCount == 0)
    }

    @Test func anIndexThatAnyoneMayNameTakesNoRoomForThoseBelowIt() {
        var digests = ImageDigests()
        let digest = ContentDigest(of: [1])
        for index in [Int.max, 1 << 40, 7, 0, 1] {
            let found = digests.take(address(0, 5, index), digest)
            #expect(found == .first)
        }
        let again = digests.take(address(0, 5, 1 << 40), ContentDigest(of: [2]))
        #expect(again == .different)
        #expect(digests.count == 5 && digests.strayCount == 3)
    }

    @Test func ofTwoDigestsEachByteOfTheHalfCounts() {
        let bytes = ContentDigest(of: [1]).bytes
        var digests = ImageDigests()
        let first = digests.take(address(0, 0, 0), ContentDigest(of: [1]))
        #expect(first == .first)
        for place in 0..<16 {
            var other = bytes
            other[place] ^= 1
            let hex = other.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
            guard let digest = ContentDigest(hex: hex) else {
                Issue.record("\(hex)")
                continue
            }
            let found = digests.take(address(0, 0, 0), digest)
            #expect(found == .different, "byte \(place)")
        }
    }
}

/// Offsets and what is known of them.
@Suite struct OffsetTableTests {
    @Test(arguments: 0..<20)
    func itHoldsWhatADictionaryHolds(_ seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        var table = OffsetTable<Int>()
        var known: [Int64: Int] = [:]
        for step in 0..<2_000 {
            let offset =
                random.oneIn(4) ? Int64(Int.random(in: 0...3_000, using: &random)) : Int64(step + step / 3)
            table.set(step, at: offset)
            known[offset] = step
        }
        #expect(table.count == known.count && table.highest == known.keys.max())
        for offset in Int64(0)...3_001 { #expect(table[offset] == known[offset], "seed \(seed)") }
        let odd = known.filter { !$0.value.isMultiple(of: 2) }
        #expect(table.count { !$0.isMultiple(of: 2) } == odd.count)
        #expect(table.lowest(9) { !$0.isMultiple(of: 2) } == Array(odd.keys.sorted().prefix(9)))
    }

    @Test func inOrderNoneIsLate() {
        var table = OffsetTable<Bool>()
        for offset in Int64(0)..<1_000 { table.set(true, at: 2 * offset) }
        table.set(false, at: 400)
        #expect(table.count == 1_000 && table.lateCount == 0)
        #expect(table.count { $0 } == 999 && table[400] == false && table[401] == nil)
        #expect(OffsetTable<Bool>()[0] == nil && OffsetTable<Bool>().highest == nil)
    }
}
