import PipelineMessages
import Testing

/// A dead letter fits its topic, whatever the record was.
@Suite struct DeadLetterCopyTests {
    private func copy(
        key: Int?, value: Int?, headers: Int = 0, bytesMax: Int = DeadLetter.copyBytesMax
    ) -> DeadLetterCopy {
        DeadLetterCopy(
            key: key.map { Array(repeating: 1, count: $0) },
            value: value.map { Array(repeating: 2, count: $0) },
            headers: headers > 0 ? [("h", Array(repeating: 3, count: headers))] : [], bytesMax: bytesMax)
    }

    private func reason(_ copy: DeadLetterCopy, _ text: String = "r") throws -> String {
        let headers = copy.headers(topic: "t", partition: 0, offset: 1, code: "c", reason: text)
        let first = try #require(headers.first)
        return try JSONRecord.decode(DeadLetter.self, from: first.1).reason
    }

    @Test func aShortRecordIsThereAsItCame() throws {
        let whole = copy(key: 5, value: 100, headers: 10)
        #expect(whole.isWhole && whole.key?.count == 5 && whole.value?.count == 100 && whole.bytes == 116)
        #expect(try reason(whole) == "r")
        let tombstone = copy(key: nil, value: nil)
        #expect(tombstone.isWhole && tombstone.key == nil && tombstone.value == nil)
    }

    /// Bytes of key, value; whether the key goes along.
    @Test(arguments: [
        (3, 1_100_000, false), (850_000, 300_000, false), (900_001, 0, true), (900_000, 1_024, true),
    ])
    func theKeyCountsAsWell(_ value: Int, _ key: Int, _ isKeyKept: Bool) throws {
        let cut = copy(key: key, value: value)
        #expect(!cut.isWhole && cut.value == [] && cut.key?.count == (isKeyKept ? key : 0))
        #expect(try reason(cut) == "r (\(key + value) bytes, not copied)")
    }

    @Test func theRemarkHasRoomBehindALongReason() throws {
        let text = try reason(copy(key: nil, value: 1_000_000), String(repeating: "x", count: 5_000))
        #expect(text.hasSuffix("... (1000000 bytes, not copied)"))
        #expect(text.utf8.count <= RecordBounds.reasonBytesMax)
    }

    @Test(arguments: [0, 1, 100, 2_000, 20_000]) func itNeverRepeatsMoreThanItMay(_ bytesMax: Int) {
        for (key, value, headers) in [(0, 0, 0), (1_000, 10, 900), (5_000, 5_000, 4_000), (10, 50_000, 60)] {
            let cut = copy(key: key, value: value, headers: headers, bytesMax: bytesMax)
            #expect(cut.bytes <= bytesMax, "\(key) \(value) \(headers)")
        }
    }

    @Test func whatIsLeftOutOfTheHeadersIsCounted() {
        let cut = copy(key: 10, value: 10, headers: 500, bytesMax: 100)
        let names = cut.headers(topic: "t", partition: 0, offset: 1, code: "c", reason: "r").map { $0.0 }
        #expect(names == [DeadLetter.header, DeadLetter.leftOutHeader])
    }
}
