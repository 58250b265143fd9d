import HardenedBackbone

/// When images come to the chip.
public enum ArrivalProcess: Hashable, Sendable {
    /// An image always waits: latency then counts from its entry.
    case saturated
    /// One image every `1 / rate` seconds, from time 0; `rate` in images a second.
    case periodic(rate: Double)
    /// Independent arrivals, exponential gaps of mean `1 / rate` seconds, the same for the same seed.
    case poisson(rate: Double, seed: UInt64)
    /// Recorded arrivals; with a rate, the gaps are scaled so that the trace has it on average.
    case recorded(ArrivalTrace, rate: Double?)

    /// Legal rates, in images a second.
    public static let rateRange: ClosedRange<Double> = 0.001...1_000_000_000_000
    /// Latest arrival that is simulated, in cycles.
    public static let cyclesMax = 1 << 52

    /// Mean rate of the arrivals in images a second; `nil` for ``saturated`` and for a trace without a span.
    public var rate: Double? {
        switch self {
        case .saturated: nil
        case .periodic(let rate), .poisson(let rate, _): rate
        case .recorded(let trace, let rate): trace.rate == 0 ? nil : rate ?? trace.rate
        }
    }

    /// The first `count` arrivals in cycles of a clock of `clock` MHz; fewer where the trace has fewer, or where
    /// the next one would come after ``cyclesMax``; empty for ``saturated``.
    ///
    /// - Rounding: down to the cycle; the time itself does not accumulate rounding.
    public func cycles(_ count: Int, clock: Double) -> [Int] {
        var times: [Int] = []
        func append(_ cycles: Double) -> Bool {
            guard cycles <= Double(Self.cyclesMax) else { return false }
            times.append(Int(cycles))
            return true
        }
        switch self {
        case .saturated: break
        case .periodic(let rate):
            let gap = clock * 1e6 / rate
            for image in 0..<count where !append(Double(image) * gap) { break }
        case .poisson(let rate, let seed):
            let mean = clock * 1e6 / rate
            var gaps = ExponentialGaps(seed: seed)
            var total = 0.0
            for _ in 0..<count {
                total += gaps.next()
                guard append(total * mean) else { break }
            }
        case .recorded(let trace, let rate):
            let scale = trace.rate > 0 ? (rate.map { trace.rate / $0 } ?? 1) : 1
            for time in trace.nanoseconds.prefix(count) {
                guard append(Double(time) * scale * clock / 1_000) else { break }
            }
        }
        return times
    }
}

/// Exponential numbers of mean 1 from comparisons of uniform ones: no logarithm that could differ between
/// machines.
///
/// - Source: von Neumann, "Various techniques used in connection with random digits" (1951).
struct ExponentialGaps {
    private var generator: SeededGenerator

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    /// The next gap: whole part and 32 bits of fraction.
    mutating func next() -> Double {
        var whole = 0.0
        while true {
            let first = generator.next() >> 32
            var last = first
            var isOdd = true
            while true {
                let following = generator.next() >> 32
                if following >= last { break }
                last = following
                isOdd.toggle()
            }
            // A falling run of odd length keeps its first number; otherwise the gap is longer by one.
            if isOdd { return whole + Double(first) / 4_294_967_296 }
            whole += 1
        }
    }
}
