public import PipelineMessages

/// Decides what who asked for a cut-over does next, until its outcome is known. Pure: facts in, one step out.
///
/// | state in the log | fact | step |
/// | --- | --- | --- |
/// | committed, aborted | (always) | the end |
/// | requested, committing | a person interrupts | the end, as it stands |
/// | requested | the deadline and a grace passed | write `aborted` |
/// | requested | that was written, and is not read back in time | the end, undecided |
/// | committing | it is not completed in time | the end, committing |
/// | requested, committing | all the time is over | the end, as it stands |
///
/// So a request that nobody decides does not switch a fleet after its deadline: not when a coordinator comes later either.
/// The first decision in the log counts, whoever wrote it.
public struct RequestWatch: Sendable {
    /// What to do.
    public enum Step: Equatable, Sendable {
        /// Read on.
        case wait
        /// Write this decision, once; it counts if it is the first to be read back.
        case giveUp(CutoverRecord)
        /// Stop: where the cut-over stands, and why the watch ends.
        case end(CutoverRecord, Reason)
    }

    /// Why a watch ends.
    public enum Reason: Equatable, Sendable {
        /// It is committed, or aborted by somebody else.
        case decided
        /// It is aborted by this watch.
        case gaveUp
        /// A person interrupted.
        case interrupted
        /// What should have been read in time was not.
        case overdue
    }

    /// How long each part may take, milliseconds.
    public struct Patience: Sendable {
        /// For the coordinator's answer once the deadline has passed.
        public var graceMs: Int64 = 2_000
        /// For the outcome once giving up was begun.
        public var answerMs: Int64 = 10_000
        /// For `committed` once `committing` was read, and the deadline has passed.
        public var completionMs: Int64 = 30_000
        /// For everything once the deadline has passed.
        public var allMs: Int64 = 60_000

        /// The usual patience.
        public init() {}
    }

    /// Why the watch gives a request up.
    public static let reason = "nobody decided by the deadline"

    private let request: CutoverRecord
    private let deadlineAtMs: Int64
    private let patience: Patience
    private var givenUp: CutoverRecord?
    private var giveUpAtMs: Int64?
    private var committingAtMs: Int64?

    /// Watches a request that was written at `askedAtMs`, steady milliseconds.
    public init(_ request: CutoverRecord, askedAtMs: Int64, patience: Patience = Patience()) {
        self.request = request
        self.patience = patience
        deadlineAtMs = askedAtMs + request.deadlineMs
    }

    /// What to do next.
    ///
    /// - Parameters:
    ///   - nowMs: steady milliseconds, for all that has a limit.
    ///   - wallMs: milliseconds since 1970, for the stamps of records.
    ///   - isInterrupted: whether a person wants to wait no longer.
    public mutating func next(
        _ log: ActivationLog, now nowMs: Int64, wallMs: Int64, isInterrupted: Bool = false
    ) -> Step {
        let known = log.cutovers[request.request]
        let record = known ?? request
        switch record.state {
        case .committed: return .end(record, .decided)
        case .aborted:
            return .end(record, givenUp == record ? .gaveUp : .decided)
        case .requested, .committing:
            if isInterrupted { return .end(record, .interrupted) }
        }
        guard nowMs <= deadlineAtMs + patience.allMs else { return .end(record, .overdue) }
        return record.state == .committing
            ? waitForCompletion(of: record, nowMs) : waitForDecision(of: known, nowMs, wallMs)
    }

    /// What is left of all the time, milliseconds; negative when it is over.
    public func leftMs(now nowMs: Int64) -> Int64 { deadlineAtMs + patience.allMs - nowMs }

    private mutating func waitForCompletion(of record: CutoverRecord, _ nowMs: Int64) -> Step {
        let since = committingAtMs ?? nowMs
        committingAtMs = since
        return nowMs > max(since, deadlineAtMs) + patience.completionMs ? .end(record, .overdue) : .wait
    }

    private mutating func waitForDecision(of known: CutoverRecord?, _ nowMs: Int64, _ wallMs: Int64) -> Step {
        guard nowMs > deadlineAtMs + patience.graceMs else { return .wait }
        let since = giveUpAtMs ?? nowMs
        giveUpAtMs = since
        // A decision needs the request's rank, which only the log knows.
        if givenUp == nil, let known {
            let decision = known.aborted([Self.reason], atMs: wallMs)
            givenUp = decision
            return .giveUp(decision)
        }
        return nowMs > since + patience.answerMs ? .end(known ?? request, .overdue) : .wait
    }
}
