/// Says the trouble with a broker once, and that it is over: the library repeats it every few seconds, from each client.
///
/// That a connection works again the library does not say; it is taken to when nothing was said for ``quiet``.
package struct BrokerTroubles: Sendable {
    /// Trouble is over after so long without a word; librdkafka repeats what goes on every 30 s.
    package static let quiet: Duration = .seconds(60)
    /// Most brokers that are told apart, and most different troubles of one that are said.
    private static let (brokersMax, kindsMax) = (64, 8)

    private struct Trouble {
        var kinds: Set<String> = []
        var leftOut = 0
        var last: ContinuousClock.Instant
    }

    private var troubles: [String: Trouble] = [:]

    /// All is well.
    package init() {}

    /// Whether there is no trouble.
    package var isEmpty: Bool { troubles.isEmpty }

    /// Takes a line such as `[thrd:b:9092/1]: b:9092/1: Connect to ipv4#10.0.0.1:9092 failed: Connection refused (after 0ms
    /// in state CONNECT)`.
    ///
    /// - Returns: whether to say it.
    package mutating func admit(_ text: String, at now: ContinuousClock.Instant) -> Bool {
        guard let (broker, kind) = Self.parts(text),
            troubles[broker] != nil || troubles.count < Self.brokersMax
        else { return true }
        var trouble = troubles[broker] ?? Trouble(last: now)
        defer { troubles[broker] = trouble }
        trouble.last = now
        if trouble.kinds.count < Self.kindsMax, trouble.kinds.insert(kind).inserted { return true }
        trouble.leftOut += 1
        return false
    }

    /// What to say of troubles that are over by now.
    package mutating func over(at now: ContinuousClock.Instant) -> [String] {
        let over = troubles.filter { now - $0.value.last >= Self.quiet }
        for broker in over.keys { troubles[broker] = nil }
        return over.sorted { $0.key < $1.key }.map { broker, trouble in
            let leftOut = trouble.leftOut > 0 ? "; \(trouble.leftOut) more like it were left out" : ""
            return "\(broker): no more trouble for \(Self.quiet.components.seconds) s\(leftOut)"
        }
    }

    /// The broker, and what is wrong without the numbers that change each time; `nil` of another line.
    private static func parts(_ text: String) -> (broker: String, kind: String)? {
        let thread = text.hasPrefix("[thrd:") ? text.firstRange(of: "]: ") : nil
        let rest = thread.map { text[$0.upperBound...] } ?? text[...]
        // The name of a broker holds a colon, but none with a space behind it.
        var end = rest.startIndex
        while end < rest.endIndex {
            let next = rest.index(after: end)
            if rest[end] == ":", next < rest.endIndex, rest[next] == " " { break }
            end = next
        }
        guard end < rest.endIndex, end > rest.startIndex, !rest[..<end].contains(" ") else { return nil }
        let what = rest[end...].dropFirst(2)
        let kind = what.split(separator: " (", maxSplits: 1).first ?? what
        return (String(rest[..<end]), String(kind.filter { !$0.isNumber }))
    }
}
