import Artifacts
import Coordinator
import PipelineMessages
import Testing

/// Where the attempts of a search for markers begin.
@Suite struct MarkerMemoryTests {
    private static func marker(token: String = "0123456789abcdef0123456789abcdef") throws -> CutoverMarker {
        CutoverMarker(
            number: 7, request: "request", slot: .standard, head: ContentDigest(of: [1]),
            label: try #require(HeadLabel("a@b")), token: token)
    }

    private static let start = [
        PartitionOffset(partition: 0, offset: 0), PartitionOffset(partition: 3, offset: 50),
    ]

    private static func offsets(_ places: [PartitionOffset]) -> [Int64] { places.map(\.offset) }

    @Test func anAttemptGoesOnWhereTheLastOneWas() throws {
        var memory = MarkerMemory()
        let marker = try Self.marker()
        let first = memory.begin(marker, from: Self.start)
        #expect(first == Self.start)
        memory.read(0, to: 1_000_000)
        memory.found(3, at: 60)
        let second = memory.begin(marker, from: Self.start)
        #expect(second.map(\.partition) == [0, 3])
        // The marker itself is read again.
        #expect(Self.offsets(second) == [1_000_000, 60])
        memory.read(0, to: 2_000_000)
        let third = memory.begin(marker, from: Self.start)
        #expect(Self.offsets(third) == [2_000_000, 60])
    }

    /// However little fits into an attempt, the end is reached: a log of 10,000 records, 64 an attempt.
    @Test func everySearchEnds() throws {
        var memory = MarkerMemory()
        let marker = try Self.marker()
        let (end, step) = (Int64(10_000), Int64(64))
        var attempts = 0
        var isRead = false
        while !isRead, attempts < 1_000 {
            attempts += 1
            let places = memory.begin(marker, from: [Self.start[0]])
            let begin = try #require(places.first).offset
            memory.read(0, to: min(end, begin + step))
            isRead = begin + step >= end
        }
        #expect(attempts == 157)
    }

    @Test func anotherAnnouncementIsSearchedFromItsStart() throws {
        var memory = MarkerMemory()
        _ = memory.begin(try Self.marker(), from: Self.start)
        memory.read(0, to: 900)
        let other = try Self.marker(token: "fedcba9876543210fedcba9876543210")
        let begun = memory.begin(other, from: Self.start)
        #expect(begun == Self.start)
        // Nothing is left of the first one.
        let again = memory.begin(try Self.marker(), from: Self.start)
        #expect(again == Self.start)
    }

    @Test func whatEndsBelowWhatWasReadIsReadAnew() throws {
        var memory = MarkerMemory()
        let marker = try Self.marker()
        _ = memory.begin(marker, from: Self.start)
        memory.read(3, to: 900)
        memory.read(3, to: 71)
        let begun = memory.begin(marker, from: Self.start)
        #expect(Self.offsets(begun) == [0, 71])
    }

    @Test func aSearchThatEndedIsForgotten() throws {
        var memory = MarkerMemory()
        let marker = try Self.marker()
        _ = memory.begin(marker, from: Self.start)
        memory.read(0, to: 900)
        memory.finished()
        let begun = memory.begin(marker, from: Self.start)
        #expect(begun == Self.start)
    }

    @Test func itHoldsThePartitionsOfTheSearchAlone() throws {
        var memory = MarkerMemory()
        let marker = try Self.marker()
        _ = memory.begin(marker, from: Self.start)
        memory.read(0, to: 900)
        memory.read(8, to: 900)
        let left = memory.begin(marker, from: [PartitionOffset(partition: 8, offset: 5)])
        #expect(Self.offsets(left) == [5])
        // Partition 0 was left out meanwhile.
        let begun = memory.begin(marker, from: Self.start)
        #expect(begun == Self.start)
    }
}
