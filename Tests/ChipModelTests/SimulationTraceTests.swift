import ChipModel
import Testing

/// Recorded arrivals: what is written is read, and what can not be read is named with its line.
@Suite struct SimulationTraceTests {
    private func trace(_ text: String) throws -> ArrivalTrace { try ArrivalTrace(decoding: Array(text.utf8)) }

    @Test("Both units, comments, equal times and line ends")
    func units() throws {
        #expect(
            try trace("# fleet\narrival_us\n5\n5\n8.25\r\n\n1000\n").nanoseconds == [0, 0, 3_250, 995_000])
        #expect(
            try trace("arrival_s\n1700000000.000000001\n1700000001.5").nanoseconds == [0, 1_499_999_999])
    }

    @Test("A written trace is read back")
    func roundTrip() throws {
        let trace = try ArrivalTrace(nanoseconds: [
            9_000_000_007, 9_000_001_000, 9_000_000_000, 9_001_234_500,
        ])
        #expect(trace.nanoseconds == [0, 7, 1_000, 1_234_500])
        let bytes = trace.encoded(comment: "two\nlines \u{1B}[31m")
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == "# two?lines ?[31m\narrival_us\n0\n0.007\n1\n1234.5\n")
        #expect(try ArrivalTrace(decoding: bytes) == trace)
        #expect(abs(trace.rate - 3 / 1.2345e-3) < 1e-6)
    }

    @Test(
        "What can not be read is named with its line",
        arguments: [
            ("", nil, "no header"),
            ("arrival_us\n", nil, "0 arrivals"),
            ("1\n2\n", 1, "header"),
            ("arrival_us\n1\n-2\n", 3, "not a time: '-2'"),
            ("arrival_us\n1e5\n", 2, "not a time"),
            ("arrival_us\n1.\n", 2, "not a time"),
            ("arrival_us\n.5\n", 2, "not a time"),
            ("arrival_us\n1.2.3\n", 2, "not a time"),
            ("arrival_us\nnan\n", 2, "not a time"),
            ("arrival_us\n\u{1B}[2J\n", 2, "\\x1b[2J"),
            ("arrival_us\n999999999999999999\n", 2, "not a time"),
            ("arrival_us\n1\n# note\n0.5\n", 4, "earlier"),
            ("arrival_us\n0\n99999999999999\n", nil, "31 days"),
        ] as [(String, Int?, String)])
    func refused(_ text: String, _ line: Int?, _ problem: String) {
        let error = #expect(throws: ArrivalTraceError.self) { try trace(text) }
        #expect(error?.line == line)
        #expect(error?.problem.contains(problem) == true, "\(error?.description ?? "")")
    }

    @Test("A long line is not searched to its end")
    func longLine() {
        let bytes = Array("arrival_us\n".utf8) + [UInt8](repeating: UInt8(ascii: "1"), count: 5_000)
        let error = #expect(throws: ArrivalTraceError.self) { try ArrivalTrace(decoding: bytes) }
        #expect(error?.line == 2)
    }

    @Test("Times from the ends of the integer range are refused, not trapped on")
    func hostileTimes() {
        #expect(throws: ArrivalTraceError.self) { try ArrivalTrace(nanoseconds: [.min, .max]) }
        #expect(throws: ArrivalTraceError.self) { try ArrivalTrace(nanoseconds: []) }
    }
}
