internal import Kafka
internal import Threads

/// Asks again while a node of the cluster is being replaced by another: what Kafka calls retriable is no reason to end.
struct Patience {
    /// How long, from the first question on, milliseconds.
    static let limitMs: Int64 = 60_000
    private static let pauseMs: Int64 = 500

    private let stop: Signal
    private let deadlineMs = Clock.steadyMs + Self.limitMs

    /// Patience that ends when `stop` is set.
    init(_ stop: Signal) { self.stop = stop }

    /// Answers what `body` answers.
    ///
    /// - Throws: what can not be mended by waiting, at once; the last failure when time is up or it was stopped.
    func wait<Answer>(_ body: () throws(KafkaError) -> Answer) throws(KafkaError) -> Answer {
        while true {
            do throws(KafkaError) {
                return try body()
            } catch {
                let isPassing = error.isRetriable || error.code == KafkaError.Code.timedOut
                guard isPassing, !stop.isSet, Clock.steadyMs < deadlineMs else { throw error }
            }
            _ = stop.wait(milliseconds: Self.pauseMs)
        }
    }
}
