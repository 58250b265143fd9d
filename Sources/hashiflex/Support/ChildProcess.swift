import Foundation
import Threads

/// Another `hashiflex` process that this one started.
package final class ChildProcess: @unchecked Sendable {
    // Safety: Foundation's Process is only driven from the thread that made the child; `isRunning`,
    // `processIdentifier` and signals are safe from any.
    private let process = Process()

    /// Starts this same program with other arguments, and with `environment` beside this process's own.
    init(
        _ arguments: [String], environment: [String: String] = [:], output: FileHandle? = nil,
        input: Pipe? = nil, inputFile: FileHandle? = nil,
        errors: FileHandle? = nil
    ) throws {
        process.executableURL = URL(fileURLWithPath: Self.executable(at: try Self.executablePath()))
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
            .merging([Signals.parentVariable: "\(ProcessFacts.pid)"]) { $1 }
        process.standardInput = input ?? inputFile ?? FileHandle.nullDevice
        process.standardOutput = output ?? FileHandle.nullDevice
        if let errors { process.standardError = errors }
        try process.run()
    }

    /// This program's own file.
    static func executablePath() throws -> String {
        try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    }

    /// What to start: the link itself where the file was replaced or removed since, for it leads to what runs here.
    package static func executable(at path: String) -> String {
        path.hasSuffix(" (deleted)") ? "/proc/self/exe" : path
    }

    var isRunning: Bool { process.isRunning }
    var pid: Int32 { process.processIdentifier }
    /// The exit code, or the signal that ended it.
    var exitStatus: Int32 { process.terminationStatus }
    var endedBySignal: Bool { process.terminationReason == .uncaughtSignal }
    /// Whether somebody ended it: not by a fault of its own, which ends it by a signal as well.
    var wasKilled: Bool {
        endedBySignal && [SIGKILL, SIGTERM, SIGINT, SIGHUP].contains(process.terminationStatus)
    }

    /// Asks it to finish.
    func terminate() { if process.isRunning { process.terminate() } }

    /// Ends it at once.
    func kill() { if process.isRunning { Foundation.kill(process.processIdentifier, SIGKILL) } }

    /// Waits for its end, at most `seconds`; returns whether it ended.
    func wait(seconds: Double) -> Bool {
        let deadline = Clock.steadyMs + Int64(seconds * 1_000)
        while process.isRunning, Clock.steadyMs < deadline { usleep(20_000) }
        return !process.isRunning
    }
}
