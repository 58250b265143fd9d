internal import PipelineMessages

/// Says an alarm when it appears, and once when it is over.
///
/// A heartbeat repeats its alarms, with other numbers each time: those that differ in numbers only are one. One that comes
/// and goes is one until it has been gone for a while.
struct AlarmLog: Sendable {
    /// Most lines in ``periodMs``; an alarm that is left out is said later if it stands.
    static let linesMax = 20
    static let periodMs: Int64 = 60_000
    /// An alarm is over when it was not seen for so long, milliseconds.
    static let goneMs: Int64 = 30_000
    /// Most alarms that are remembered: a heartbeat has half as many.
    static let standingMax = 64
    /// Most words by which alarms are compared: behind them stands what changes.
    private static let wordsMax = 10

    /// An alarm that was said, and was not over yet.
    private struct Standing {
        let text: String
        var seenAtMs: Int64
    }

    private var standing: [String: Standing] = [:]
    private var periodAtMs: Int64?
    private var lines = 0

    /// Takes the alarms of a heartbeat; returns what is to be said.
    mutating func learn(_ alarms: [String], nowMs: Int64) -> [String] {
        if nowMs - (periodAtMs ?? .min / 2) >= Self.periodMs { (periodAtMs, lines) = (nowMs, 0) }
        var said: [String] = []
        for alarm in alarms {
            let kind = Self.kind(alarm)
            if standing[kind] != nil {
                standing[kind]?.seenAtMs = nowMs
            } else if lines < Self.linesMax, standing.count < Self.standingMax {
                lines += 1
                standing[kind] = Standing(text: alarm, seenAtMs: nowMs)
                said.append("alarm: \(alarm)")
            }
        }
        for (kind, alarm) in standing.sorted(by: { $0.key < $1.key })
        where nowMs - alarm.seenAtMs >= Self.goneMs && lines < Self.linesMax {
            lines += 1
            standing[kind] = nil
            said.append("alarm over: \(alarm.text)")
        }
        return said
    }

    /// The first words without those that hold a number, but for names: which partition, which worker.
    private static func kind(_ alarm: String) -> String {
        var kept: [Substring] = []
        var last: Substring = ""
        for word in alarm.split(separator: " ") where kept.count < wordsMax {
            let isName = last == "partition" || last == "called" || last == "at"
            if isName || !word.contains(where: \.isNumber) { kept.append(word) }
            last = word
        }
        return kept.joined(separator: " ")
    }
}

extension CoordinatorMachine {
    /// Says what has become of the alarms of a heartbeat.
    mutating func tell(_ alarms: [String], _ now: Moment) {
        for line in term?.alarms.learn(alarms, nowMs: now.steadyMs) ?? [] { actions.append(.say(line)) }
    }
}
