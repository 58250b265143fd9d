import Kafka
import Testing
import hashiflex

/// The pure parts of a command that asks for a cut-over.
@Suite struct CutoverPartsTests {
    @Test func theNextVersionCountsOnNoNumberThatSomebodyMadeUp() {
        #expect(HeadVersions.next(after: []) == "v1")
        #expect(HeadVersions.next(after: ["v1", "v7", "7", "w9", "v", "v2-rc"]) == "v8")
        // One more than the last would end the program.
        #expect(HeadVersions.next(after: ["v3", "v9223372036854775807"]) == "v4")
        #expect(HeadVersions.next(after: ["v9223372036854775807", "v-5", "v0"]) == "v1")
        #expect(HeadVersions.next(after: ["v99999999999999999999999"]) == "v1")
        #expect(HeadVersions.next(after: ["v1000000000"]) == "v1000000001")
        #expect(HeadVersions.next(after: ["v1000000001", "v2"]) == "v3")
    }

    /// 60 s from one end to the other, and 6 s without news end the reading: a new one has to be news from its beginning.
    @Test func aTopicThatIsReadAnewIsLeftToItsEnd() {
        var silence = ControlSilence(position: 5_000, limitMs: 6_000, nowMs: 0)
        var isTooLong = silence.isTooLong(position: 5_000, nowMs: 5_999)
        #expect(!isTooLong)
        isTooLong = silence.isTooLong(position: 5_000, nowMs: 6_000)
        #expect(isTooLong)
        // By way of another node, from the beginning: all below 5,000 is known, and is read again.
        for second in Int64(7)...66 {
            isTooLong = silence.isTooLong(position: (second - 6) * 80, nowMs: second * 1_000)
            #expect(!isTooLong, "after \(second) s")
        }
        isTooLong = silence.isTooLong(position: 5_001, nowMs: 66_500)
        #expect(!isTooLong)
        isTooLong = silence.isTooLong(position: 5_001, nowMs: 72_499)
        #expect(!isTooLong)
        isTooLong = silence.isTooLong(position: 5_001, nowMs: 72_500)
        #expect(isTooLong)
        isTooLong = silence.isTooLong(position: 5_001, nowMs: 72_600)
        #expect(!isTooLong, "then it is waited as long again")
    }

    /// Whatever fails once a cut-over is asked for: its name is said, and how to see and to leave it.
    @Test func whatFailsAfterTheRequestNamesIt() {
        let error = KafkaError(code: KafkaError.Code.timedOut, doing: "cannot read", detail: "refused")
        let doubt = CutoverDoubt(request: "brave-fox")
        for text in [doubt.unwritten(error), doubt.unread(error), doubt.unanswered("interrupted")] {
            #expect(
                text.hasSuffix("see head status, and `hashiflex head abandon brave-fox`")
                    && text.contains("cut-over brave-fox"), "\(text)")
        }
        #expect(doubt.unread(error).contains("cannot read: refused"))
        #expect(doubt.unread(error).contains("was requested and may stand"))
    }
}
