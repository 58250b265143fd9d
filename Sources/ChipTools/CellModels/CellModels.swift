/// Verilog models of cells, made from the functions of the liberty file itself: the models that vendors ship
/// may say something else, and give X in Icarus for ASAP7.
///
/// The text is Verilog-2005 that Icarus 11, Verilator 5.006 and Yosys 0.23 take.
public struct CellModels: Sendable {
    /// Delay of one output of one cell, for activity simulation.
    public struct Delay: Sendable, Hashable {
        /// The cell.
        public let cell: String
        /// Its output pin.
        public let pin: String
        /// Picoseconds.
        public let picoseconds: Int

        /// A delay of 0 to a million picoseconds.
        public init(cell: String, pin: String, picoseconds: Int) {
            precondition((0...1_000_000).contains(picoseconds), "a gate's delay is at most a microsecond")
            self.cell = cell
            self.pin = pin
            self.picoseconds = picoseconds
        }
    }

    /// The models.
    public let text: String
    /// Cells modelled.
    public let modelled: [String]
    /// Cells without a model, and why.
    public let omitted: [String: String]

    /// Writes the models.
    ///
    /// - Parameters:
    ///   - cells: Names of the cells wanted; all when nil.
    ///   - delays: Of some outputs; with any, the text begins with `` `timescale 1ps/1ps ``.
    ///   - defaultDelay: Picoseconds of all other outputs; none when nil. Zero-delay simulation counts two or
    ///     three times the toggles, by the order of events.
    public init(
        _ libraries: [LibertyLibrary], cells: Set<String>? = nil, delays: [Delay] = [], defaultDelay: Int? = nil
    ) {
        var delayTable: [String: [String: Int]] = [:]
        for delay in delays { delayTable[delay.cell, default: [:]][delay.pin] = delay.picoseconds }
        var seen: Set<String> = []
        var omitted: [String: String] = [:]
        var text = "// Cell models from the functions of: "
            + libraries.map { $0.name.printable() }.joined(separator: ", ") + "\n"
        if !delays.isEmpty || defaultDelay != nil { text += "`timescale 1ps/1ps\n" }
        text += "/* verilator lint_off DECLFILENAME */\n"
        for cell in libraries.lazy.flatMap(\.cells) where cells?.contains(cell.name) ?? true {
            guard seen.insert(cell.name).inserted else { continue }
            if let reason = CellModel.obstacle(cell) {
                omitted[cell.name] = reason
                continue
            }
            text += CellModel.verilog(cell) { pin in delayTable[cell.name]?[pin] ?? defaultDelay }
        }
        modelled = seen.subtracting(omitted.keys).sorted()
        self.omitted = omitted
        self.text = text
    }
}
