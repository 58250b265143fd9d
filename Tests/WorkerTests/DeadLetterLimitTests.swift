import Kafka
import Testing
import Worker

/// A dead letter that was refused for its size is sent with less, and nothing else is excused by it.
@Suite struct DeadLetterLimitTests {
    private let tooLarge = KafkaError(
        code: KafkaError.Code.messageTooLarge, doing: "cannot deliver", detail: "")

    @Test func halfAsMuchIsTriedNext() throws {
        var limit = DeadLetterLimit()
        let most = limit.bytesMax
        limit.sending(1, repeating: 600_000, records: 2)
        let said = limit.refused(tooLarge, 1)
        let words = try #require(said)
        #expect(words.contains("600000 bytes of its record") && words.contains("300000 at most"))
        #expect(most == 900_000 && limit.bytesMax == 300_000)
        // A larger one that was on its way raises it no more.
        limit.sending(2, repeating: 800_000, records: 2)
        _ = limit.refused(tooLarge, 2)
        #expect(limit.bytesMax == 300_000)
        limit.sending(3, repeating: 1, records: 2)
        _ = limit.refused(tooLarge, 3)
        #expect(limit.bytesMax == 0)
    }

    @Test func whatRepeatsNothingIsRefusedForGood() {
        var limit = DeadLetterLimit()
        limit.sending(1, repeating: 0, records: 2)
        let answer1 = limit.refused(tooLarge, 1)
        #expect(answer1 == nil)
        let answer2 = limit.refused(tooLarge, 9)
        #expect(answer2 == nil)
    }

    @Test func otherFailuresAreNone() {
        var limit = DeadLetterLimit()
        limit.sending(1, repeating: 10, records: 2)
        let away = KafkaError(code: KafkaError.Code.messageTimedOut, doing: "cannot deliver", detail: "")
        let answer3 = limit.refused(away, 1)
        #expect(answer3 == nil)
        let answer4 = limit.refused(tooLarge, 1)
        #expect(answer4 != nil)
    }

    @Test func whatIsAnsweredIsForgotten() {
        var limit = DeadLetterLimit()
        limit.sending(1, repeating: 10, records: 2)
        limit.answered(1, records: 1)
        limit.sending(2, repeating: 10, records: 2)
        let answer5 = limit.refused(tooLarge, 1)
        #expect(answer5 != nil)
        limit.answered(2, records: 1)
        limit.answered(2, records: 1)
        let answer6 = limit.refused(tooLarge, 2)
        #expect(answer6 == nil)
        limit.sending(3, repeating: 10, records: 2)
        limit.forget()
        let answer7 = limit.refused(tooLarge, 3)
        #expect(answer7 == nil)
    }
}
