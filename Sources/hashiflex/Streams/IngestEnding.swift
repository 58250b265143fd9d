import ArgumentParser
import Foundation
import Ingest
import Synchronization
import Threads

/// The end of an ingest by a signal: within ten seconds, whatever hangs.
///
/// The service ends by itself in less. This is for what it waits for in vain all the same: a call of the client library, a
/// name that does not resolve, a client that can not be ended, lines that nobody reads.
final class IngestEnding: Sendable {
    /// When nothing is waited for any more, milliseconds after the signal.
    private static let lastMs: Int64 = 9_000
    /// How long the last line may take, milliseconds.
    private static let lineMs: Int64 = 500

    private let service = Mailbox<IngestService>()
    private let asked = Signal()
    /// How the process ends, once that is decided.
    private let code = Mutex<ExitCode?>(nil)

    /// Whether a signal came.
    var isAsked: Bool { asked.isSet }

    /// Names the ingest that a signal ends.
    func watch(_ ingest: IngestService) { service.value = ingest }

    /// Takes the first signal, on the thread of the signals.
    func begin() {
        asked.set()
        guard let service = service.value else {
            leave(Exit.late, saying: "stopped before anything was sent: send every image again")
        }
        service.requestStop()
        _ = PlatformThread("last resort") { [self] in
            Signal().wait(milliseconds: Self.lastMs)
            leave(
                Exit.late,
                saying: "stopped: something did not end within \(Self.lastMs / 1_000) s; \(service.account)")
        }
    }

    /// Ends the process with one last line, and waits for nothing, not even for the clients. Who comes second ends as the
    /// first one wanted.
    func leave(_ wanted: ExitCode, saying line: String) -> Never {
        let decided = code.withLock { code -> ExitCode? in
            defer { code = code ?? wanted }
            return code
        }
        if decided == nil {
            let words = PlatformThread("last words") { Terminal.complain(line) }
            _ = words.join(milliseconds: Self.lineMs)
        } else {
            usleep(UInt32(Self.lineMs) * 1_000)
        }
        SampleFile.remove()
        _exit((decided ?? wanted).rawValue)
    }
}
