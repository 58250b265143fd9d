/// Static timing of a mapped netlist by OpenSTA.
///
/// Without a wire model there are no wires at all: liberty files of ASAP7 hold no wire loads.
public struct TimingAnalysis: Sendable {
    /// The program to run, from ``ExternalTool/locate(path:searchPath:)``.
    public var executable: String
    /// Unpacked liberty files: Debian's OpenSTA reads no `.gz`. One merged file is enough.
    public var libertyFiles: [String]
    /// Name of the clock's port, an input of one bit.
    public var clockPort: String
    /// The period that slack is reported against, ps.
    public var period: Double
    /// Wires; none when nil.
    public var wires: WireModel?
    /// Seconds until the run is given up.
    public var timeLimit: Int

    /// A run.
    public init(
        executable: String, libertyFiles: [String], clockPort: String, period: Double = 1000,
        wires: WireModel? = nil, timeLimit: Int = 600
    ) {
        self.executable = executable
        self.libertyFiles = libertyFiles
        self.clockPort = clockPort
        self.period = period
        self.wires = wires
        self.timeLimit = timeLimit
    }

    /// Finds the slowest path from register to register.
    ///
    /// - Parameters:
    ///   - libraries: The same liberty files, read: every cell and pin is checked before the tool starts, which
    ///     would take an unknown one for a black box.
    ///   - folder: Where the files of the run go, `top.v`, `top.spef` and `timing.tcl`; it must exist.
    /// - Throws: ``NetlistError``, ``ToolError``, ``TimingError``.
    public func slowestPath(
        of netlist: GateNetlist, libraries: [LibertyLibrary], folder: String
    ) throws -> TimingPath {
        guard period.isFinite, (1...1e9).contains(period) else { throw TimingError.period(period) }
        let connectivity = try NetConnectivity(netlist, libraries: libraries)
        let clock = try OpenSTARun.clock(clockPort, of: netlist)
        let run = OpenSTARun(
            executable: executable, libertyFiles: libertyFiles, timeLimit: timeLimit, folder: folder)
        if let wires {
            try run.write(ParasiticsFile(netlist, connectivity, wires: wires).bytes, "top.spef")
        }
        let output = try run.output(
            of: netlist, commands: script(clock: netlist.plainPort(clock, bit: 0)), named: "timing.tcl")
        let lines = output.text.split(separator: "\n", omittingEmptySubsequences: false)
        do {
            let path = try TimingReport.path(lines, period: period) { netlist.originalName($0) }
            guard let path else { throw TimingError.noPath(module: netlist.name) }
            return path
        } catch let error as TimingReport.Unreadable {
            throw ToolError.unreadable(
                program: executable, what: error.what, lastLines: output.lastLines(12))
        }
    }

    /// The commands behind those that read.
    private func script(clock: String) -> String {
        // The unit of the first liberty file would hold otherwise.
        var text = "set_cmd_units -time ps -capacitance fF\n"
        text += "create_clock -name clk -period \(period) \(clock)\n"
        if wires != nil { text += "read_parasitics top.spef\n" }
        return text + """
            report_checks -path_delay max -from [all_registers -clock_pins] -to [all_registers -data_pins] \
            -format full -fields {input_pins} -digits 4
            """
    }
}
