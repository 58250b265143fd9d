/// How long a command that asks for a cut-over may take: its deadline, counted from its start, and a margin to end in. Pure.
///
/// ```
/// begin          asked            deadline   +8 s             +10 s
///   | connect, read, publish | workers get ready | grace, give up | closing |
/// ```
package struct CutoverDeadline: Sendable, Equatable {
    /// The start has so long, however short the deadline: connecting, reading and publishing, milliseconds.
    package static let startMsLeast: Int64 = 5_000
    /// Workers have so long, however long the start took, unless the deadline is shorter, milliseconds.
    package static let readyMsLeast: Int64 = 1_000
    /// After the deadline the command has so long for the coordinator's answer, for giving up, and for reading that back,
    /// milliseconds.
    package static let answerMs: Int64 = 8_000
    /// The command ends so long after the deadline at the latest, milliseconds: what is left of it is for closing connections.
    package static let marginMs: Int64 = 10_000

    private let beginMs: Int64
    private let deadlineMs: Int64

    /// A command that began at `beginMs`, steady milliseconds.
    ///
    /// - Parameter deadlineMs: how long workers have, milliseconds.
    package init(beginMs: Int64, deadlineMs: Int64) {
        self.beginMs = beginMs
        self.deadlineMs = deadlineMs
    }

    /// What is left until a cut-over has to be asked for, milliseconds; 0 when that is over.
    package func startLeftMs(nowMs: Int64) -> Int64 {
        max(0, beginMs + max(deadlineMs - Self.readyMsLeast, Self.startMsLeast) - nowMs)
    }

    /// How long workers have that are asked now, milliseconds; more than 0 wherever the deadline is.
    package func readyMs(nowMs: Int64) -> Int64 {
        max(beginMs + deadlineMs - nowMs, min(deadlineMs, Self.readyMsLeast))
    }

    /// When the command has ended, steady milliseconds.
    package var endMs: Int64 {
        beginMs + max(deadlineMs, Self.startMsLeast + Self.readyMsLeast) + Self.marginMs
    }
}
