import Foundation
import Synchronization

/// The built `hashiflex`, run as a user would run it.
enum Program {
    /// The program lies beside the test bundle.
    static let path: String = {
        let me = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(fileURLWithPath: me).deletingLastPathComponent().appendingPathComponent("hashiflex").path
    }()

    /// Where somebody else's program is; `nil` if it is not on PATH.
    static func onPath(_ name: String) -> String? {
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(name)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// What a finished run left.
    struct Outcome {
        let code: Int32
        let output: String
        let errors: String
        var lines: [String] { output.split(separator: "\n").map(String.init) }
    }

    /// Runs to the end.
    static func run(
        _ arguments: [String], input: Data? = nil, environment: [String: String] = [:],
        executable: String = path, seconds: Double = 120
    ) throws -> Outcome {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        // Files, not pipes: nothing blocks however much is printed.
        let folder = try TemporaryFolder()
        let (output, errors) = (folder.file("output"), folder.file("errors"))
        _ = FileManager.default.createFile(atPath: output, contents: nil)
        _ = FileManager.default.createFile(atPath: errors, contents: nil)
        process.standardOutput = FileHandle(forWritingAtPath: output)
        process.standardError = FileHandle(forWritingAtPath: errors)
        if let input {
            let path = folder.file("input")
            try input.write(to: URL(fileURLWithPath: path))
            process.standardInput = FileHandle(forReadingAtPath: path)
        } else {
            process.standardInput = FileHandle.nullDevice
        }
        try process.run()
        let deadline = Date(timeIntervalSinceNow: seconds)
        while process.isRunning, Date() < deadline { usleep(10_000) }
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
        return Outcome(
            code: process.terminationReason == .exit ? process.terminationStatus : -1,
            output: (try? String(contentsOfFile: output, encoding: .utf8)) ?? "",
            errors: (try? String(contentsOfFile: errors, encoding: .utf8)) ?? "")
    }
}

/// A folder that goes when the test ends.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "/hashiflex-test-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { path + "/" + name }
}

/// A long-running `hashiflex`, killed when the test ends.
final class Background: @unchecked Sendable {
    // Safety: Process is used from the test's thread; signals are sent by pid.
    private let process = Process()
    private let input = Pipe()
    private let log: String
    private let folder: TemporaryFolder

    init(
        _ arguments: [String], environment: [String: String] = [:], executable: String = Program.path
    ) throws {
        folder = try TemporaryFolder()
        log = folder.file("log")
        _ = FileManager.default.createFile(atPath: log, contents: nil)
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = input
        // Appending: output and errors share the file without writing over each other.
        let both = FileHandle(fileDescriptor: open(log, O_WRONLY | O_APPEND), closeOnDealloc: true)
        process.standardOutput = both
        process.standardError = both
        try process.run()
    }

    deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

    var pid: Int32 { process.processIdentifier }
    var isRunning: Bool { process.isRunning }
    /// The exit code once it ended.
    var exitCode: Int32? { process.isRunning ? nil : process.terminationStatus }
    var text: String { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }

    /// Sends a line to its standard input.
    func say(_ line: String) throws {
        try input.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8))
    }

    /// Ends it at once, as a crash would.
    func crash() {
        kill(pid, SIGKILL)
        process.waitUntilExit()
    }

    /// Asks it to finish; returns its exit code, or `nil` if it did not within `seconds`.
    func finish(seconds: Double = 45) -> Int32? {
        process.terminate()
        let deadline = Date(timeIntervalSinceNow: seconds)
        while process.isRunning, Date() < deadline { usleep(20_000) }
        return process.isRunning ? nil : process.terminationStatus
    }
}

/// Waits for a condition instead of sleeping; asks often at first, then twice a second: asking may start a process
/// and read a whole topic.
func eventually(seconds: Double, _ condition: () throws -> Bool) rethrows -> Bool {
    let deadline = Date(timeIntervalSinceNow: seconds)
    var pause: UInt32 = 20_000
    while Date() < deadline {
        if try condition() { return true }
        usleep(pause)
        pause = min(500_000, 2 * pause)
    }
    return false
}
