import Artifacts
public import ChipTools

/// Yosys and a library, checked before anything starts.
public struct SynthesisTools {
    /// The libraries as they were read.
    public let libraries: [LibertyLibrary]
    let merged: LibertyMerge
    let wrappers: LibraryWrappers
    let executable: String
    let version: ToolVersion

    /// Checks the library and looks for Yosys; nothing is written.
    ///
    /// - Parameter excluding: cells that Yosys must not take.
    /// - Throws: ``LibertyCheck``, ``LibertyError``, ``ToolError``.
    public init(_ libraries: [LibertyLibrary], excluding: [NamePattern], yosys: String?) throws {
        self.libraries = libraries
        wrappers = try LibraryWrappers(libraries, excluding: excluding)
        merged = try LibertyMerge(
            libraries, excluding: excluding, keeping: Set(wrappers.cells.values))
        executable = try ExternalTool.yosys.locate(path: yosys)
        version = try ExternalTool.yosys.version(executable: executable)
    }

    /// Yosys in a folder of its own.
    func run(workFolder: String, timeLimit: Int) throws -> YosysRun {
        try YosysRun(
            executable: executable, library: merged.bytes, wrappers: wrappers.text, workFolder: workFolder,
            timeLimit: timeLimit)
    }

    /// Program and library: what a result depends on beside the text.
    var identity: String { "\(version.banner) \(ContentDigest(of: merged.bytes))" }

    /// Program, library and cells, for reports.
    public var facts: (yosys: String, cells: Int, excluded: Int, adders: [String: String]) {
        (version.description, merged.cellCount, merged.excluded.count, wrappers.cells)
    }
}
