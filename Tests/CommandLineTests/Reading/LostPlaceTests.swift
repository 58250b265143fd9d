import Kafka
import Testing
import hashiflex

/// What a reader says of a partition that has not what was to be read next.
@Suite struct LostPlaceTests {
    private let place = TopicPartition(topic: "p.predictions", partition: 2)
    private let error = KafkaError(code: KafkaError.Code.noOffsetToResetTo, doing: "reading")

    @Test func belowTheBeginningRetentionWasFaster() {
        let lost = LostPlace(place, next: 40, extent: (low: 100, high: 900))
        #expect(lost.cause == .deleted(below: 100))
        #expect(
            lost.text(error).hasPrefix("p.predictions/2: offsets 40 to 99 were deleted before they were read")
        )
    }

    @Test(arguments: [Int64(0), 39])
    func aboveTheEndNothingIsBlamedOnRetention(_ end: Int64) {
        let lost = LostPlace(place, next: 40, extent: (low: 0, high: end))
        #expect(lost.cause == .cutOff(end: end))
        let text = lost.text(error)
        #expect(text.contains("was read to offset 40 and now ends at \(end)"))
        #expect(text.contains("unclean.leader.election.enable") && text.contains("created anew"))
        #expect(!text.contains("raise the topic's retention"))
    }

    @Test(arguments: [(Int64(40), Int64(40)), (0, 40), (40, 50), (0, 900)])
    func betweenTheEndsWhoeverAnsweredWasBehind(_ low: Int64, _ high: Int64) {
        let lost = LostPlace(place, next: 40, extent: (low: low, high: high))
        #expect(lost.cause == .unheard(end: high))
        #expect(lost.text(error).contains("ends at \(high)"))
    }

    @Test func whatNobodySaysIsNotGuessed() {
        #expect(LostPlace(place, next: nil, extent: (low: 0, high: 9)).cause == .unknown)
        let lost = LostPlace(place, next: 40, extent: nil)
        #expect(lost.cause == .unknown)
        #expect(!lost.text(error).contains("retention") && lost.text(error).contains("see doctor"))
    }
}
