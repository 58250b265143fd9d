import Foundation
import Threads

/// Turns SIGINT and SIGTERM into a call, on a thread of its own.
enum Signals {
    /// Calls `first` at the first signal and ends the process at the second.
    ///
    /// Ctrl-C reaches a whole process group, and a supervisor passes the end on as well: a second signal
    /// within two seconds is the same wish, not a more urgent one.
    static func onTermination(_ first: @escaping @Sendable () -> Void) {
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, SIGINT)
        sigaddset(&set, SIGTERM)
        // Before any other thread exists, so that all of them inherit the mask.
        pthread_sigmask(SIG_BLOCK, &set, nil)
        signal(SIGPIPE, SIG_IGN)
        let waited = set
        _ = PlatformThread("signals") {
            var waited = waited
            var number: Int32 = 0
            sigwait(&waited, &number)
            first()
            let begin = Clock.steadyMs
            repeat { sigwait(&waited, &number) } while Clock.steadyMs - begin < 2_000
            _exit(128 + number)
        }
    }

    /// Names a child's parent: it may be gone before the child looks, and another one in its place.
    static let parentVariable = "HASHIFLEX_PARENT_PID"

    /// Calls `body` when the parent process is gone.
    static func onParentDeath(_ body: @escaping @Sendable () -> Void) {
        let told = ProcessInfo.processInfo.environment[parentVariable].flatMap { Int32($0) }
        let parent = told ?? ProcessFacts.parentPID
        _ = PlatformThread("parent-watch") {
            while ProcessFacts.parentPID == parent { usleep(200_000) }
            body()
        }
    }
}
