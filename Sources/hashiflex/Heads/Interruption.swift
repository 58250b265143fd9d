import ArgumentParser
import Foundation
import Synchronization
import Threads

/// What ends a command that asks for a cut-over before its outcome is known: the first Ctrl-C or SIGTERM, or the end of its time.
final class Interruption: Sendable {
    private struct State {
        /// The name of the request, once it is asked for.
        var request: String?
        /// How the command ends, once that is known.
        var outcome: CommandError?
        var isDone = false
    }

    private let state = Mutex(State())
    private let stop = Signal()
    /// Once the wait was interrupted the command ends within so long, milliseconds: a connection that is closed may be waited for
    /// longer.
    private static let endingMs: Int64 = 9_000

    /// Takes the signals over; call before any other thread exists.
    static func watched() -> Interruption {
        let interruption = Interruption()
        Signals.onTermination { interruption.raise() }
        return interruption
    }

    /// Ends the process at `endMs`, steady milliseconds, whatever it waits for: a call of the client library may not return while a
    /// node is silent.
    func end(atMs endMs: Int64) {
        _ = PlatformThread("deadline") { [self] in
            usleep(useconds_t(clamping: max(0, endMs - Clock.steadyMs) * 1_000))
            while Clock.steadyMs < endMs { usleep(10_000) }
            expire(isSet ? "interrupted" : "the deadline is over")
        }
    }

    /// From here on a signal ends the wait only; before, it ends the command.
    func willAsk(_ request: String) { state.withLock { $0.request = request } }

    /// Nothing but closing connections is left; with `error` where that is the outcome.
    func finish(_ error: CommandError? = nil) {
        state.withLock {
            $0.outcome = error
            $0.isDone = true
        }
    }

    /// Whether there was a signal since.
    var isSet: Bool { stop.isSet }

    /// Is set by a signal since: it ends what is waited for.
    var signal: Signal { stop }

    private func raise() {
        state.withLock { state in
            guard state.request == nil else {
                stop.set()
                return end(atMs: Clock.steadyMs + Self.endingMs)
            }
            // Under the lock: nothing is asked for any more.
            Terminal.complain("interrupted: no cut-over was requested")
            _exit(Exit.late.rawValue)
        }
    }

    private func expire(_ reason: String) {
        state.withLock { state in
            if state.isDone {
                if let outcome = state.outcome { Terminal.complain(outcome.text) }
                _exit(state.outcome?.code.rawValue ?? 0)
            }
            Terminal.complain(
                state.request.map { CutoverDoubt(request: $0).unanswered(reason) }
                    ?? "\(reason), and a node does not answer: no cut-over was requested; see doctor"
            )
            _exit(Exit.late.rawValue)
        }
    }
}
