/// Power of a mapped netlist's gates by OpenSTA, at an activity that the caller states for every net: its default
/// activities are several times too high for adders. No wires, no clock tree.
public struct PowerAnalysis: Sendable {
    /// The program to run, from ``ExternalTool/locate(path:searchPath:)``.
    public var executable: String
    /// Unpacked liberty files: Debian's OpenSTA reads no `.gz`. One merged file is enough.
    public var libertyFiles: [String]
    /// Name of the clock's port, an input of one bit.
    public var clockPort: String
    /// The clock's period, ps. Energy does not hang on it.
    public var period: Double
    /// Toggles a net and cycle, above 0 to 10.
    public var activity: Double
    /// Seconds until the run is given up.
    public var timeLimit: Int

    /// A run.
    public init(
        executable: String, libertyFiles: [String], clockPort: String, period: Double = 1000,
        activity: Double = 0.5, timeLimit: Int = 600
    ) {
        precondition(activity > 0 && activity <= 10, "nets toggle, and not often in a cycle")
        self.executable = executable
        self.libertyFiles = libertyFiles
        self.clockPort = clockPort
        self.period = period
        self.activity = activity
        self.timeLimit = timeLimit
    }

    /// Energy of one cycle in the gates alone, flip-flops and leakage left out, fJ. Linear in ``activity``.
    ///
    /// 0 for a library without power: OpenSTA takes the supply from the library's own voltages.
    /// - Parameters:
    ///   - libraries: The same liberty files, read: every cell and pin is checked before the tool starts.
    ///   - folder: Where the files of the run go, `top.v` and `power.tcl`; it must exist.
    /// - Throws: ``NetlistError``, ``ToolError``, ``TimingError``, ``StagingError``.
    public func combinationalEnergy(
        of netlist: GateNetlist, libraries: [LibertyLibrary], folder: String
    ) throws -> Double {
        guard period.isFinite, (1...1e9).contains(period) else { throw TimingError.period(period) }
        _ = try NetConnectivity(netlist, libraries: libraries)
        let clock = try OpenSTARun.clock(clockPort, of: netlist)
        let run = OpenSTARun(
            executable: executable, libertyFiles: libertyFiles, timeLimit: timeLimit, folder: folder)
        // The units of the first liberty file would hold otherwise.
        let output = try run.output(
            of: netlist,
            commands: """
                set_cmd_units -time ps -capacitance fF -power W
                create_clock -name clk -period \(period) \(netlist.plainPort(clock, bit: 0))
                set_power_activity -global -activity \(activity)
                report_power -digits 6
                """, named: "power.tcl")
        do {
            let report = try PowerReport(
                output.text.split(separator: "\n", omittingEmptySubsequences: false))
            guard let gates = report.rows["Combinational"] else {
                throw PowerReport.Unreadable(what: "no power of gates")
            }
            // W times ps is 1e-12 J, and 1e3 fJ.
            return gates.dynamic * period * 1e3
        } catch let error as PowerReport.Unreadable {
            throw ToolError.unreadable(
                program: executable, what: error.what, lastLines: output.lastLines(12))
        }
    }
}
