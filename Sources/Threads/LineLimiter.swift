private import Synchronization

/// Lets a bounded number of lines of a kind through, and says how many it left out.
///
/// What comes from outside decides how often something would have to be said: a bad record a millisecond must not fill a
/// disk, and the lines about it must not hide the others.
public final class LineLimiter: Sendable {
    /// How long the lines of a kind are counted together, milliseconds.
    public static let periodMs: Int64 = 5_000

    /// Kinds beyond this many share one: their names may come from outside as well.
    private static let kindsMax = 64

    private struct Kind {
        var sinceMs: Int64
        var said = 0
        var leftOut = 0
    }

    private let kinds = Mutex<[String: Kind]>([:])
    private let linesPerPeriod: Int
    private let now: @Sendable () -> Int64
    private let write: @Sendable (String) -> Void

    /// A limiter that has seen nothing.
    ///
    /// - Parameters:
    ///   - linesPerPeriod: how many lines of a kind pass in a period.
    ///   - now: a clock in milliseconds that never goes back.
    ///   - write: takes what passes; called on the thread that speaks, by several at once.
    public init(
        linesPerPeriod: Int = 1, now: @escaping @Sendable () -> Int64 = { Clock.steadyMs },
        write: @escaping @Sendable (String) -> Void
    ) {
        self.linesPerPeriod = linesPerPeriod
        self.now = now
        self.write = write
    }

    /// Says `text` unless enough of its kind was said lately; first what was left out and not told yet.
    ///
    /// - Parameter kind: the words before the first colon unless given; to be given where they come from outside.
    public func say(_ text: String, kind: String? = nil) {
        let name = kind ?? String(text.prefix { $0 != ":" })
        let lines = kinds.withLock { kinds in
            let nowMs = now()
            var lines = Self.overdue(&kinds, before: nowMs - Self.periodMs)
            let key = kinds[name] != nil || kinds.count < Self.kindsMax ? name : "other lines"
            var entry = kinds[key] ?? Kind(sinceMs: nowMs)
            if entry.said < linesPerPeriod {
                entry.said += 1
                lines.append(text)
            } else {
                entry.leftOut += 1
            }
            kinds[key] = entry
            return lines
        }
        for line in lines { write(line) }
    }

    /// Says what was left out in periods that are over; to be called now and then.
    public func tellOverdue() {
        let lines = kinds.withLock { Self.overdue(&$0, before: now() - Self.periodMs) }
        for line in lines { write(line) }
    }

    /// Says what was left out so far; to be called at the end.
    public func settle() {
        let lines = kinds.withLock { Self.overdue(&$0, before: .max) }
        for line in lines { write(line) }
    }

    /// Ends the periods that began before then.
    private static func overdue(_ kinds: inout [String: Kind], before limitMs: Int64) -> [String] {
        let over = kinds.filter { $0.value.sinceMs <= limitMs }
        for name in over.keys { kinds[name] = nil }
        return over.filter { $0.value.leftOut > 0 }.sorted { $0.key < $1.key }.map { name, kind in
            "\(name): \(kind.leftOut) more lines like it were left out"
        }
    }
}
