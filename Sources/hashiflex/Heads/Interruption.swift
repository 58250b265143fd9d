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
            expire()
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

    private func raise() {
        state.withLock { state in
            guard state.request == nil else { return stop.set() }
            // Under the lock: nothing is asked for any more.
            Terminal.complain("interrupted: no cut-over was requested")
            _exit(Exit.late.rawValue)
        }
    }

    private func expire() {
        state.withLock { state in
            if state.isDone {
                state.outcome?.complain()
                _exit(state.outcome?.code.rawValue ?? 0)
            }
            Terminal.complain(
                state.request.map {
                    "the deadline is over, and a node does not answer: cut-over \($0) may stand; see head status, and "
                        + "`hashiflex head abandon \($0)`"
                } ?? "the deadline is over, and a node does not answer: no cut-over was requested; see doctor"
            )
            _exit(Exit.late.rawValue)
        }
    }
}
