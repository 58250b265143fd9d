import Foundation

/// One synthesis by Yosys: a module of our RTL to cells of a library.
public struct YosysRun: Sendable {
    /// The program.
    public let executable: String
    /// A folder of its own, where Yosys runs: scripts name files without folders, whose names could be anything.
    public let workFolder: String
    /// Seconds until the run is given up.
    public let timeLimit: Int

    /// Names of the library and of the wrappers in the work folder.
    private static let (library, wrappers) = ("library.lib", "wrappers.v")

    /// The library as a file, unpacked.
    public var libraryFile: String { "\(workFolder)/\(Self.library)" }

    /// Prepares a work folder that is there already.
    ///
    /// - Parameters:
    ///   - library: one liberty library, without cells that tools must not take.
    ///   - wrappers: modules around the adders, see ``LibraryWrappers``.
    /// - Throws: errors of writing.
    public init(
        executable: String,
        library: [UInt8],
        wrappers: String,
        workFolder: String,
        timeLimit: Int = 3_600
    ) throws {
        self.executable = executable
        self.workFolder = workFolder
        self.timeLimit = timeLimit
        try Data(library).write(to: URL(fileURLWithPath: "\(workFolder)/\(Self.library)"))
        try Data(wrappers.utf8).write(to: URL(fileURLWithPath: "\(workFolder)/\(Self.wrappers)"))
    }

    /// What came out.
    public struct Product: Sendable {
        /// Cells of the whole hierarchy by name, counted by Yosys.
        public let cells: [String: Int]
        /// The netlist, hierarchical BLIF.
        public let netlist: [UInt8]
        /// The same without hierarchy as Verilog, where it was asked for: what ``GateNetlist`` reads.
        public let flatNetlist: [UInt8]?
        /// Seconds.
        public let seconds: Double
    }

    /// Synthesises `module`.
    ///
    /// Adder trees are not touched: Yosys's own adder extraction of 0.23 gives wrong circuits (`seven-nm.md`, 1).
    /// - Parameters:
    ///   - text: area-style SystemVerilog that holds the module.
    ///   - isFlat: whether the netlist is wanted without hierarchy too.
    /// - Throws: ``ToolError`` of the program; ``SynthesisError`` for what can not be read or written.
    public func synthesise(_ module: String, text: [UInt8], isFlat: Bool = false) throws -> Product {
        let split = StructuralVerilog(text)
        let base = "\(workFolder)/\(module)"
        let files = [
            ("trees.blif", split.blif), ("rest.sv", split.verilog),
            ("script.ys", Array(script(module, hasTrees: split.structuralCount > 0, isFlat: isFlat).utf8)),
        ]
        defer {
            for name in files.map(\.0) + ["stat.json", "netlist.blif", "flat.v"] {
                unlink("\(base).\(name)")
            }
        }
        for (name, bytes) in files { try Data(bytes).write(to: URL(fileURLWithPath: "\(base).\(name)")) }
        let output = try ToolProcess(
            executable: executable, arguments: ["-q", "-s", "\(module).script.ys"],
            workingFolder: workFolder, timeLimit: timeLimit
        ).run()
        return Product(
            cells: try StatisticsFile.cells(
                try Data(contentsOf: URL(fileURLWithPath: "\(base).stat.json")), module),
            netlist: Array(try Data(contentsOf: URL(fileURLWithPath: "\(base).netlist.blif"))),
            flatNetlist: isFlat ? Array(try Data(contentsOf: URL(fileURLWithPath: "\(base).flat.v"))) : nil,
            seconds: output.seconds)
    }

    private func script(_ module: String, hasTrees: Bool, isFlat: Bool) -> String {
        """
        \(hasTrees ? "read_blif -wideports \(module).trees.blif" : "")
        read_verilog -sv \(module).rest.sv
        read_verilog \(Self.wrappers)
        hierarchy -check -top \(module)
        setattr -mod -set keep_hierarchy 1 hs_fa hs_ha hs_maj hs_nand hs_inv
        proc \(module)
        opt \(module)
        techmap \(module)
        opt_clean \(module)
        dfflibmap -liberty \(Self.library) \(module)
        opt \(module)
        abc -liberty \(Self.library) \(module)
        opt_clean \(module)
        tee -q -o \(module).stat.json stat -json -liberty \(Self.library) -top \(module)
        write_blif \(module).netlist.blif
        \(isFlat ? flattening(module) : "")
        """
    }

    private func flattening(_ module: String) -> String {
        """
        setattr -mod -unset keep_hierarchy hs_fa hs_ha hs_maj hs_nand hs_inv
        flatten \(module)
        opt_clean -purge \(module)
        select \(module)
        write_verilog -noattr -noexpr -nohex -nodec -selected \(module).flat.v

        """
    }
}

/// What Yosys says about a netlist.
enum StatisticsFile {
    /// Cells by name over the whole hierarchy: the last table of the file.
    ///
    /// Debian's version writes JSON that is none, so only the table is parsed.
    /// - Throws: ``SynthesisError/unreadableStatistics(module:)``.
    static func cells(_ data: Data, _ module: String) throws(SynthesisError) -> [String: Int] {
        // The bytes from behind: searching a String backwards takes minutes on half a megabyte.
        let title = Array("\"num_cells_by_type\":".utf8)
        let bytes = Array(data)
        guard
            let start = stride(from: bytes.count - title.count, through: 0, by: -1)
                .first(where: { bytes[$0..<$0 + title.count].elementsEqual(title) }),
            let open = bytes[start...].firstIndex(of: 123), let close = bytes[open...].firstIndex(of: 125),
            let counts = try? JSONDecoder().decode([String: Int].self, from: Data(bytes[open...close]))
        else { throw .unreadableStatistics(module: module) }
        return counts
    }
}

/// Why a synthesis has no result although the tools ended well.
public enum SynthesisError: Error, Equatable, CustomStringConvertible {
    /// The statistics are no JSON that we know.
    case unreadableStatistics(module: String)
    /// The netlist holds a cell that the library lacks: Yosys counts it as nothing.
    case unknownCell(module: String, cell: String)
    /// The netlist can not be read or is no netlist of cells.
    case badNetlist(module: String, reason: String)
    /// The netlist computes something else than the reference.
    case wrongBytes(module: String, wrong: Int, of: Int, first: String)

    /// What, where, and what to do.
    public var description: String {
        switch self {
        case .unreadableStatistics(let module):
            "\(module): the statistics of Yosys are not in a form that we know; use 0.23 to 0.70"
        case .unknownCell(let module, let cell):
            "\(module): the netlist has a cell \(cell.printable()) that the liberty files lack; name all of them"
        case .badNetlist(let module, let reason): "\(module): the netlist can not be simulated: \(reason)"
        case .wrongBytes(let module, let wrong, let count, let first):
            "\(module): the netlist gives \(wrong) of \(count) bytes wrong, the first at \(first); its area is of "
                + "no use. Yosys passes that extract adders are known to do this: leave them out"
        }
    }
}
