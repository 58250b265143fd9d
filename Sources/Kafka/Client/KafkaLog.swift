import Synchronization
internal import Threads

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// One line librdkafka wants to be known.
public struct KafkaLogLine: Sendable, Hashable {
    /// The severity as in syslog: 0 emergency ... 4 warning ... 7 debug.
    public let level: Int32
    /// Which client speaks, such as `hashiflex#consumer-2`.
    public let client: String
    /// What it speaks about, such as `FAIL`.
    public let facility: String
    /// What it says.
    public let text: String
}

/// Where librdkafka's log lines go.
///
/// On standard error the trouble with a broker is said once, and that it is over (``BrokerTroubles``), and a producer
/// that waits for its number is heard once a minute; a handler gets each line.
/// Only warnings and worse arrive (`log_level` and `debug` change that), nothing that a client says while it is
/// being closed, and never a secret: the library redacts what it prints of its configuration.
public enum KafkaLog {
    private static let handler = Mutex<(@Sendable (KafkaLogLine) -> Void)?>(nil)
    private static let standardError = Mutex(LogLimiter())

    /// Sends every line to `receiver`; `nil` goes back to standard error.
    ///
    /// - Parameter receiver: Called on threads of the library: it must return at once and must not call into
    ///   this module.
    public static func setHandler(_ receiver: (@Sendable (KafkaLogLine) -> Void)?) {
        handler.withLock { $0 = receiver }
    }

    /// Writes the lines that would go to standard error, bounded as they are, by `writer` instead.
    public static func setSink(_ writer: @escaping @Sendable (String) -> Void) {
        sink.withLock { $0 = writer }
    }

    private static let sink = Mutex<(@Sendable (String) -> Void)?>(nil)

    /// Troubles with brokers, and whether a thread waits for their end.
    private static let troubles = Mutex((known: BrokerTroubles(), isWatched: false))

    /// Whether a line about a broker is news; from the first on, its end is watched for.
    private static func isNews(_ text: String) -> Bool {
        let (isNews, begins) = troubles.withLock { troubles in
            let isNews = troubles.known.admit(text, at: .now)
            let begins = !troubles.isWatched && !troubles.known.isEmpty
            if begins { troubles.isWatched = true }
            return (isNews, begins)
        }
        if begins { _ = PlatformThread("kafka troubles") { watch() } }
        return isNews
    }

    /// What was said last of a producer that waits for its number, twice a second.
    private static let lastPID = Mutex<(line: KafkaLogLine, at: ContinuousClock.Instant)?>(nil)

    private static func wasJustSaid(_ line: KafkaLogLine) -> Bool {
        lastPID.withLock { last in
            last.map { $0.line == line && ContinuousClock.now - $0.at < .seconds(60) } ?? false
        }
    }

    /// Says which troubles are over, until none is left.
    private static func watch() {
        let pause = Signal()
        while true {
            _ = pause.wait(milliseconds: 1_000)
            let (lines, isDone) = troubles.withLock { troubles in
                let lines = troubles.known.over(at: .now)
                if troubles.known.isEmpty { troubles.isWatched = false }
                return (lines, troubles.known.isEmpty)
            }
            for line in lines { write("kafka: \(line)") }
            if isDone { return }
        }
    }

    /// Passes a line on.
    static func emit(_ line: KafkaLogLine) {
        // The handler runs outside the lock: it may take long, and others may want to speak.
        if let receiver = handler.withLock({ $0 }) {
            receiver(line)
            return
        }
        if line.facility == "FAIL", !isNews(line.text) { return }
        if line.facility == "GETPID", wasJustSaid(line) { return }
        let dropped = standardError.withLock { $0.admit(at: ContinuousClock.now) }
        guard let dropped else { return }
        if line.facility == "GETPID" { lastPID.withLock { $0 = (line, ContinuousClock.now) } }
        if dropped > 0 { write("kafka: \(dropped) log lines were left out") }
        write("kafka \(line.client) \(line.facility): \(line.text)")
    }

    private static func write(_ text: String) {
        if let sink = sink.withLock({ $0 }) { return sink(text) }
        let bytes = Array((text + "\n").utf8)
        // One call, so that lines of several threads do not mix; nothing can be done if it fails.
        _ = bytes.withUnsafeBytes { systemWrite(2, $0.baseAddress, $0.count) }
    }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}

/// Lets through a bounded number of lines in each period, and counts the others.
package struct LogLimiter: Sendable {
    /// How many lines pass in one period.
    package static let linesPerPeriod = 20
    /// How long a period lasts.
    package static let period: Duration = .seconds(10)

    private var periodStart: ContinuousClock.Instant?
    private var passed = 0
    private var dropped = 0

    /// A limiter that has seen nothing.
    package init() {}

    /// Asks whether a line may pass now.
    ///
    /// - Returns: `nil` to drop it; else how many were dropped since the last that passed.
    package mutating func admit(at now: ContinuousClock.Instant) -> Int? {
        if periodStart.map({ now - $0 >= Self.period }) ?? true {
            periodStart = now
            passed = 0
        }
        guard passed < Self.linesPerPeriod else {
            dropped += 1
            return nil
        }
        passed += 1
        defer { dropped = 0 }
        return dropped
    }
}
