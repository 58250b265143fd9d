/// When images arrived somewhere: a recording that the chip simulation plays back.
///
/// The file is CSV of one column in ASCII: comment lines that start with `#`, then the header `arrival_us` or
/// `arrival_s`, then one decimal number a line, never falling, at most nine digits after the point. Times count
/// from the first arrival; images that arrived together have equal times. A trace is written in microseconds.
///
///     # 3 images, two of them in one shard
///     arrival_us
///     0
///     0
///     8333.25
public struct ArrivalTrace: Hashable, Sendable {
    /// Arrivals that a trace may have.
    public static let countRange: ClosedRange<Int> = 1...10_000_000
    /// Longest trace: 31 days, in nanoseconds.
    public static let nanosecondsMax = 31 * 86_400 * 1_000_000_000
    /// Largest file that is read, bytes.
    public static let bytesMax = 256 << 20
    /// Longest line, bytes; comments included.
    public static let lineMax = 1_024

    /// Arrivals in nanoseconds after the first, rising or equal; the first is 0.
    public let nanoseconds: [Int]

    /// A trace of times in nanoseconds from any origin, such as the epoch, in any order.
    ///
    /// - Throws: ``ArrivalTraceError`` for too few or too many times, or a span beyond ``nanosecondsMax``.
    public init(nanoseconds times: [Int]) throws(ArrivalTraceError) {
        let sorted = times.sorted()
        guard let first = sorted.first, let last = sorted.last, Self.countRange.contains(times.count) else {
            throw ArrivalTraceError(
                line: nil, problem: "\(times.count) arrivals; a trace has 1 to 10,000,000")
        }
        let (span, overflow) = last.subtractingReportingOverflow(first)
        guard !overflow, span <= Self.nanosecondsMax else {
            throw ArrivalTraceError(
                line: nil, problem: "a trace spans at most 31 days; record a shorter time")
        }
        nanoseconds = sorted.map { $0 - first }
    }

    /// Images a second from the first to the last arrival; 0 for images that all arrived together.
    public var rate: Double {
        let span = nanoseconds[nanoseconds.count - 1]
        return span == 0 ? 0 : Double(nanoseconds.count - 1) * 1e9 / Double(span)
    }

    /// Reads a trace.
    ///
    /// - Throws: ``ArrivalTraceError`` with the number of the first line that does not fit.
    public init(decoding bytes: [UInt8]) throws(ArrivalTraceError) {
        guard bytes.count <= Self.bytesMax else {
            throw ArrivalTraceError(
                line: nil, problem: "\(bytes.count) bytes; at most \(Self.bytesMax) are read")
        }
        var times: [Int] = []
        var unit: Int?
        var line = 0
        var start = 0
        while start < bytes.count {
            line += 1
            let end = bytes[start...].prefix(Self.lineMax + 2).firstIndex(of: 0x0A) ?? bytes.count
            guard end - start <= Self.lineMax + 1 else {
                throw ArrivalTraceError(line: line, problem: "longer than \(Self.lineMax) bytes")
            }
            var text = bytes[start..<end]
            start = end + 1
            if text.last == 0x0D { text.removeLast() }
            if text.isEmpty || text.first == UInt8(ascii: "#") { continue }
            guard let digits = unit else {
                unit = Self.units.first { text.elementsEqual($0.header.utf8) }?.digits
                if unit == nil {
                    throw ArrivalTraceError(
                        line: line, problem: "the header is arrival_us or arrival_s, not \(quoted(text))")
                }
                continue
            }
            let time = try Self.time(text, digits: digits, line: line)
            if let last = times.last, time < last {
                throw ArrivalTraceError(
                    line: line, problem: "\(quoted(text)) is earlier than the line before; sort the times")
            }
            guard times.count < Self.countRange.upperBound else {
                throw ArrivalTraceError(line: line, problem: "more than 10,000,000 arrivals; cut the trace")
            }
            times.append(time)
        }
        guard unit != nil else {
            throw ArrivalTraceError(
                line: nil, problem: "no header; the first line is arrival_us or arrival_s")
        }
        try self.init(nanoseconds: times)
    }

    /// The file, in microseconds with a header; `comment` stands above it, its line ends and control
    /// characters replaced.
    public func encoded(comment: String = "") -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(nanoseconds.count * 12 + 64)
        if !comment.isEmpty {
            let safe = comment.utf8.prefix(Self.lineMax - 2).map { (0x20..<0x7F).contains($0) ? $0 : 0x3F }
            bytes += Array("# ".utf8) + safe + [0x0A]
        }
        bytes += Array("arrival_us\n".utf8)
        for time in nanoseconds {
            bytes += Array(String(time / 1_000).utf8)
            let rest = time % 1_000
            if rest > 0 {
                var digits = Array(String(1_000 + rest).utf8.dropFirst())
                while digits.last == UInt8(ascii: "0") { digits.removeLast() }
                bytes += [UInt8(ascii: ".")] + digits
            }
            bytes.append(0x0A)
        }
        return bytes
    }

    /// Headers, and how many decimal digits their unit is away from nanoseconds.
    private static let units = [(header: "arrival_us", digits: 3), (header: "arrival_s", digits: 9)]

    /// A decimal number as nanoseconds; digits below a nanosecond are cut off.
    private static func time(
        _ text: ArraySlice<UInt8>, digits: Int, line: Int
    ) throws(ArrivalTraceError) -> Int {
        func wrong() -> ArrivalTraceError {
            ArrivalTraceError(
                line: line,
                problem:
                    "not a time: \(quoted(text)); a time is a decimal number without a sign, such as 8333.25")
        }
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let whole = parts[0]
        let fraction = parts.count == 2 ? parts[1] : []
        guard parts.count <= 2, !whole.isEmpty, whole.count <= 18, fraction.count <= 9,
            parts.count == 1 || !fraction.isEmpty,
            (whole + fraction).allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { throw wrong() }
        var time = 0
        let padded = whole + (fraction + Array(repeating: UInt8(ascii: "0"), count: 9)).prefix(digits)
        for digit in padded {
            let (tens, first) = time.multipliedReportingOverflow(by: 10)
            let (sum, second) = tens.addingReportingOverflow(Int(digit - UInt8(ascii: "0")))
            guard !first, !second else { throw wrong() }
            time = sum
        }
        return time
    }
}

/// A recording of arrivals that can not be used.
public struct ArrivalTraceError: Error, Equatable, CustomStringConvertible {
    /// The line of the file, from 1; `nil` where the whole is at fault.
    public let line: Int?
    /// What is wrong, and what to do.
    public let problem: String

    /// Names the line and the problem.
    public init(line: Int?, problem: String) {
        self.line = line
        self.problem = problem
    }

    /// One line for the terminal.
    public var description: String { line.map { "line \($0): \(problem)" } ?? problem }
}

/// At most 40 bytes of foreign text, all but printable ASCII escaped.
private func quoted(_ text: ArraySlice<UInt8>) -> String {
    let shown = text.prefix(40).map {
        (0x20..<0x7F).contains($0) && $0 != UInt8(ascii: "'") ? String(UnicodeScalar($0)) : "\\x\(hex($0))"
    }
    return "'\(shown.joined())\(text.count > 40 ? "..." : "")'"
}

private func hex(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }
