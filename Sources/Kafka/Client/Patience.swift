import Synchronization
public import Threads

/// Asks again while nodes of a cluster go and come: what Kafka calls retriable is no reason to end.
///
/// One deadline for all questions of a start, and one line for each reason to wait.
public struct Patience: Sendable {
    /// How long unless somebody says otherwise, seconds.
    public static let secondsDefault = 60
    /// How long somebody may say, seconds: a day.
    public static let secondsRange = 0...86_400
    /// How long a topic may be unknown to a node although another knows it, milliseconds.
    public static let unheardMs: Int64 = 2_000
    /// Shorter waits are not said, milliseconds.
    private static let silentMs: Int64 = 500
    /// What the first answer to a question may always take, milliseconds.
    private static let firstAnswerMs: Int64 = 5_000

    private let begunMs: Int64
    private let deadlineMs: Int64
    private let stop: Signal
    private let say: @Sendable (String) -> Void
    private let spoken: Spoken

    /// Patience from now on.
    ///
    /// - Parameters:
    ///   - seconds: How long; 0 asks once. Range: ``secondsRange``.
    ///   - say: Takes the line that says what is waited for, and for how long.
    public init(seconds: Int = Patience.secondsDefault, say: @escaping @Sendable (String) -> Void = { _ in })
    {
        precondition(Self.secondsRange.contains(seconds), "patience is for 0 to 86,400 s, got \(seconds)")
        begunMs = Clock.steadyMs
        deadlineMs = begunMs + Int64(seconds) * 1_000
        stop = Signal()
        self.say = say
        spoken = Spoken()
    }

    private init(_ other: Patience, stop: Signal, deadlineMs: Int64) {
        begunMs = other.begunMs
        self.deadlineMs = deadlineMs
        self.stop = stop
        say = other.say
        spoken = other.spoken
    }

    /// The same, ended early when `stop` is set.
    public func until(_ stop: Signal) -> Patience { Patience(self, stop: stop, deadlineMs: deadlineMs) }

    /// The same, for `milliseconds` from now at most.
    public func atMost(milliseconds: Int64) -> Patience {
        Patience(self, stop: stop, deadlineMs: min(deadlineMs, Clock.steadyMs + milliseconds))
    }

    /// The same, for `milliseconds` from now, whatever is left: of what takes longer than a start.
    public func anew(milliseconds: Int64) -> Patience {
        Patience(self, stop: stop, deadlineMs: Clock.steadyMs + milliseconds)
    }

    /// What is left, milliseconds; negative when time is up.
    public var leftMs: Int64 { deadlineMs - Clock.steadyMs }

    /// Whether it was ended early.
    public var isStopped: Bool { stop.isSet }

    /// When what takes `milliseconds` anyway has to be done, by the steady clock: at the deadline, or so much from now
    /// if that is later.
    public func deadline(atLeast milliseconds: Int64) -> Int64 {
        max(deadlineMs, Clock.steadyMs + milliseconds)
    }

    /// Answers what `body` answers.
    ///
    /// - Parameters:
    ///   - what: What is waited for, for people: "the leader of topic a".
    ///   - callMs: How long one call may take, milliseconds.
    ///   - mayBeUnheard: Whether a topic that a node does not know is asked for again, for ``unheardMs``.
    ///   - body: Asks; it is given how long it may take, milliseconds.
    /// - Throws: what can not be mended by waiting, at once; the last failure when time is up or it was stopped.
    public func wait<Answer>(
        for what: String, callMs: Int32 = 5_000, mayBeUnheard: Bool = false,
        _ body: (Int32) throws(KafkaError) -> Answer
    ) throws(KafkaError) -> Answer {
        let askedMs = Clock.steadyMs
        var pauseMs = Backoff.firstMs
        var floorMs = Self.firstAnswerMs
        while true {
            let timeoutMs = min(Int64(callMs), max(leftMs, floorMs))
            floorMs = 1_000
            do throws(KafkaError) {
                return try body(Int32(clamping: timeoutMs))
            } catch {
                let isUnheard =
                    mayBeUnheard && error.code == KafkaError.Code.unknownTopicOrPartition
                    && Clock.steadyMs - askedMs < Self.unheardMs
                guard error.mayPass || isUnheard else { throw error }
                let pause = isUnheard ? Backoff.firstMs : pauseMs
                let isOver = stop.isSet || leftMs <= 0
                // A new topic, or a leader just elected, is there sooner: nobody has to know.
                if !isOver, error.mayPass, Clock.steadyMs - askedMs >= Self.silentMs { tell(what, error) }
                guard !isOver, !stop.wait(milliseconds: max(1, min(pause, leftMs))) else {
                    throw error.tried(milliseconds: Clock.steadyMs - askedMs)
                }
            }
            pauseMs = Backoff.next(after: pauseMs)
        }
    }

    private func tell(_ what: String, _ error: KafkaError) {
        guard spoken.isNews("\(what) \(error.code)") else { return }
        say("waiting for \(what), for \(max(1, leftMs / 1_000)) s more: \(error)")
    }

    /// The last reason that was said.
    private final class Spoken: Sendable {
        private let last = Mutex<String?>(nil)

        func isNews(_ reason: String) -> Bool {
            last.withLock { last in
                defer { last = reason }
                return last != reason
            }
        }
    }
}

/// How long to wait before asking once more.
enum Backoff {
    /// The first pause, milliseconds.
    static let firstMs: Int64 = 250
    /// The longest pause, milliseconds.
    static let longestMs: Int64 = 2_000

    static func next(after pauseMs: Int64) -> Int64 { min(longestMs, 2 * pauseMs) }
}

extension KafkaError {
    /// Whether waiting may mend it: what is retriable, and no answer in time.
    package var mayPass: Bool { !isFatal && (isRetriable || code == Code.timedOut) }

    /// This error, which says how long it was asked in vain.
    func tried(milliseconds: Int64) -> KafkaError {
        milliseconds >= 1_000 ? adding("tried for \(milliseconds / 1_000) s") : self
    }

    /// This error, whose message says `more` as well.
    package func adding(_ more: String) -> KafkaError {
        KafkaError(
            code: code, name: name, message: "\(message); \(more)",
            isRetriable: isRetriable, isFatal: isFatal, requiresAbort: requiresAbort, partition: partition,
            missingRight: missingRight)
    }
}
