/// A flat netlist of library cells, as `write_verilog -noattr -noexpr -nohex -nodec` of Yosys gives it after
/// `flatten`. Assignments are resolved: two names of one signal are one net.
///
/// Names are without backslashes; bit 3 of a vector is `name[3]`, also where Yosys split it.
public struct GateNetlist: Sendable {
    /// Number of a net in ``netNames``.
    public typealias Net = Int32
    /// The net that is always 0.
    public static let zero: Net = 0
    /// The net that is always 1.
    public static let one: Net = 1
    /// Stands for a bit that nobody defines ("x").
    public static let undefined: Net = 2

    /// A port of the module.
    public struct Port: Sendable, Hashable {
        /// Its name.
        public let name: String
        /// Whether it is an input; an output otherwise.
        public let isInput: Bool
        /// Its nets from the most significant bit on.
        public let nets: [Net]
    }

    /// A pin of an instance on a net.
    public struct Connection: Sendable, Hashable {
        /// Number of the pin's name in ``pinNames``.
        public let pin: Int32
        /// The net.
        public let net: Net
    }

    /// One cell.
    public struct Instance: Sendable {
        /// Its name.
        public let name: String
        /// Number of the cell in ``cellNames``.
        public let cell: Int
        /// Its pins, in ``connections``.
        public let connections: Range<Int>
    }

    /// The file it came from.
    public let file: String
    /// Name of the module.
    public let name: String
    /// The ports in the order of their declaration.
    public internal(set) var ports: [Port] = []
    /// The first name of every net; the first three are the constants.
    public internal(set) var netNames: [String] = ["1'b0", "1'b1", "1'bx"]
    /// The net of every name.
    public internal(set) var nets: [String: Net] = [:]
    /// Names of the cells used.
    public internal(set) var cellNames: [String] = []
    /// Names of the pins used.
    public internal(set) var pinNames: [String] = []
    /// The cells in the order of the file.
    public internal(set) var instances: [Instance] = []
    /// The pins of all instances.
    public internal(set) var connections: [Connection] = []

    init(file: String, name: String) {
        self.file = file
        self.name = name
    }

    /// How often each cell is used.
    public var cellCounts: [String: Int] {
        var counts = [Int](repeating: 0, count: cellNames.count)
        for instance in instances { counts[instance.cell] += 1 }
        return Dictionary(uniqueKeysWithValues: zip(cellNames, counts)).filter { $0.value > 0 }
    }
}
