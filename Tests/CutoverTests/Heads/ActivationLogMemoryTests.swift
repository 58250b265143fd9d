import Cutover
import PipelineMessages
import Testing
import Threads

/// What an activation log keeps for ever, beside what its documentation says.
@Suite struct ActivationLogMemoryTests {
    @Test func theListsHoldWhatIsSaidOfEachPartition() {
        #expect(MemoryLayout<PartitionOffset>.stride == 16)
        #expect(MemoryLayout<HeadInForce>.stride == 72)
        #expect(MemoryLayout<CutoverRecord>.stride <= 256)
    }

    /// With many partitions what is kept of each weighs most: something that were kept twice would show.
    @Test func aCutoverTakesNoMoreThanItsShare() {
        let (cutovers, partitions) = (400, 256)
        let offsets = Dictionary(uniqueKeysWithValues: (0..<Int32(partitions)).map { ($0, Int64(0)) })
        var log = ActivationLog()
        let before = ProcessFacts.residentBytes
        for number in 0..<cutovers {
            let name = "request-of-some-thirty-six-letters-\(number)"
            var record = request(name).with(
                .committed, number: 1, offsets: offsets.mapValues { _ in Int64(number) })
            record.scanFrom = record.offsets
            log.apply(record, at: Int64(2 * number + 2))
        }
        let grown = ProcessFacts.residentBytes - before
        let share = Int64(cutovers) * (2_048 + 2 * 104 * Int64(partitions))
        #expect(log.committed.count == cutovers)
        #expect(grown < share + 8 << 20, "\(grown) bytes, at most \(share) and what the allocator holds")
    }
}
