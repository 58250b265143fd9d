import Foundation

/// One script of OpenSTA over a netlist, which is written under plain names.
struct OpenSTARun {
    let executable: String
    let libertyFiles: [String]
    let timeLimit: Int
    /// Where `top.v` and the script go; it must exist.
    let folder: String

    /// Number of the clock's port.
    ///
    /// - Throws: ``TimingError/noClock(port:module:)``.
    static func clock(_ name: String, of netlist: GateNetlist) throws(TimingError) -> Int {
        guard
            let clock = netlist.ports.firstIndex(where: {
                $0.name == name && $0.isInput && $0.nets.count == 1
            })
        else { throw .noClock(port: name, module: netlist.name) }
        return clock
    }

    /// Writes one file.
    ///
    /// - Throws: ``StagingError``.
    func write(_ bytes: [UInt8], _ name: String) throws(StagingError) {
        do {
            try Data(bytes).write(to: URL(fileURLWithPath: folder + "/" + name))
        } catch {
            throw .io(folder + "/" + name, error.localizedDescription)
        }
    }

    /// Writes netlist and script, and runs it.
    ///
    /// - Parameters:
    ///   - commands: come behind the reading of libraries and netlist.
    ///   - name: of the script's file.
    /// - Returns: what it printed.
    /// - Throws: ``ToolError``, ``StagingError``.
    func output(of netlist: GateNetlist, commands: String, named name: String) throws -> BoundedOutput {
        try write(netlist.plainVerilog(), "top.v")
        var text = ""
        // Absolute paths, in braces: nothing in them is a command.
        for file in libertyFiles { text += "read_liberty {\(URL(fileURLWithPath: file).path)}\n" }
        text += "read_verilog top.v\nlink_design top\n\(commands)\nputs \"hashiflex: end\"\n"
        try write(Array(text.utf8), name)
        let result = try ToolProcess(
            executable: executable, arguments: ["-no_init", "-no_splash", "-exit", name],
            workingFolder: folder, timeLimit: timeLimit
        ).run()
        let lines = result.output.text.split(separator: "\n", omittingEmptySubsequences: false)
        // OpenSTA ends with code 0 after an error in the script: only the last line proves that it came through.
        let problem = lines.first {
            $0.hasPrefix("Error:") || ($0.hasPrefix("Warning:") && $0.contains(".spef"))
        }
        guard problem == nil, lines.contains("hashiflex: end") else {
            throw ToolError.unreadable(
                program: executable, what: problem.map(String.init) ?? "the script did not come to its end",
                lastLines: result.errors.lastLines(4) + result.output.lastLines(8))
        }
        return result.output
    }
}
