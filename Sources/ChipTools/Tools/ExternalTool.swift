import Foundation

/// The programs of others that the hardware view calls.
public enum ExternalTool: String, Sendable, CaseIterable {
    /// Synthesis.
    case yosys
    /// Compiler of the event simulator.
    case iverilog
    /// The event simulator itself.
    case vvp
    /// Compiler of the cycle simulator.
    case verilator
    /// Static timing.
    case openSTA = "sta"

    /// The Debian package that holds it.
    public var debianPackage: String {
        switch self {
        case .yosys: "yosys"
        case .iverilog, .vvp: "iverilog"
        case .verilator: "verilator"
        case .openSTA: "opensta"
        }
    }

    /// The argument that makes it print its version.
    var versionArgument: String {
        switch self {
        case .yosys, .iverilog, .vvp: "-V"
        case .verilator: "--version"
        case .openSTA: "-version"
        }
    }

    /// Finds the file to run.
    ///
    /// - Parameters:
    ///   - path: A file named by the user, for instance a newer Yosys; searched on PATH when nil, or when it
    ///     holds no slash.
    ///   - searchPath: Folders with colons between them; PATH of our environment when nil.
    /// - Throws: ``ToolError/missing(program:debianPackage:)``.
    public func locate(path: String? = nil, searchPath: String? = nil) throws(ToolError) -> String {
        let name = path ?? rawValue
        if name.contains("/") {
            guard Self.isProgram(name) else { throw .missing(program: name, debianPackage: debianPackage) }
            return name
        }
        let folders = searchPath ?? ProcessInfo.processInfo.environment["PATH"] ?? ""
        for folder in folders.split(separator: ":") {
            let candidate = "\(folder)/\(name)"
            if Self.isProgram(candidate) { return candidate }
        }
        throw .missing(program: name, debianPackage: debianPackage)
    }

    /// Asks the program at `executable` for its version.
    ///
    /// - Throws: ``ToolError``; ``ToolError/unreadable(program:what:lastLines:)`` when there is no number in it.
    public func version(executable: String) throws(ToolError) -> ToolVersion {
        let process = ToolProcess(
            executable: executable, arguments: [versionArgument], timeLimit: 60, outputLimit: 1 << 14)
        let result = try process.run()
        // Icarus complains of its parts on standard error and prints the version on standard output.
        for text in [result.output.text, result.errors.text] {
            if let version = ToolVersion(banner: text) { return version }
        }
        throw .unreadable(
            program: executable, what: "no version number", lastLines: result.output.lastLines(4))
    }

    private static func isProgram(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
            && FileManager.default.isExecutableFile(atPath: path)
    }
}
