import ChipModel
import Testing

/// What records give to a trace, and what they do not.
@Suite struct ArrivalRecordingTests {
    @Test("Images of a record arrive together; times count from the first; order does not matter")
    func trace() throws {
        var recording = ArrivalRecording(limit: 100)
        recording.add(images: 2, milliseconds: 1_750_000_000_008)
        recording.add(images: 1, milliseconds: 1_750_000_000_000)
        let trace = try recording.trace()
        #expect(trace.nanoseconds == [0, 8_000_000, 8_000_000])
        #expect(recording.records == 2 && recording.skipped.isEmpty)
        #expect(try ArrivalTrace(decoding: trace.encoded(comment: "two\nshards")) == trace)
    }

    @Test("It ends at its limit and says what was cut")
    func limit() {
        var recording = ArrivalRecording(limit: 5)
        recording.add(images: 3, milliseconds: 0)
        #expect(!recording.isFull)
        recording.add(images: 64, milliseconds: 1)
        #expect(recording.isFull && recording.nanoseconds.count == 5 && recording.cut == 62)
    }

    @Test("Records without a time, or with an impossible one, are counted, not kept")
    func untimed() {
        var recording = ArrivalRecording(limit: 5)
        for time in [nil, -1, Int64.min, .max, 1 << 53] as [Int64?] {
            recording.add(images: 1, milliseconds: time)
        }
        recording.add(images: 0, milliseconds: 1)
        recording.add(images: -3, milliseconds: 1)
        recording.skip(.marker)
        #expect(recording.nanoseconds.isEmpty && recording.records == 0)
        #expect(recording.skipped == [.untimed: 5, .unreadable: 2, .marker: 1])
        #expect(throws: ArrivalTraceError.self) { try recording.trace() }
    }

    @Test("A record from another age makes no trace of a century")
    func span() {
        var recording = ArrivalRecording(limit: 5)
        recording.add(images: 1, milliseconds: 0)
        recording.add(images: 1, milliseconds: 1_750_000_000_000)
        #expect(throws: ArrivalTraceError.self) { try recording.trace() }
    }
}
