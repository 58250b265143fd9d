/// A netlist of library cells without hierarchy, in the order of its signals.
public struct MappedNetlist: Sendable {
    /// A combinational output, or the next state of a flip-flop.
    struct Gate: Sendable {
        let function: Int
        let inputs: Range<Int>
        let output: Int32
    }

    /// Cells by name, all of the hierarchy.
    public private(set) var cells: [String: Int] = [:]
    /// Nets of a port's bit by its name, such as `x[3]`.
    private(set) var inputs: [String: Int32] = [:]
    private(set) var outputs: [String: Int32] = [:]

    private(set) var functions: [CellFunction] = []
    private(set) var gates: [Gate] = []
    private(set) var registers: [Gate] = []
    private(set) var pins: [Int32] = []
    private(set) var constants: [(net: Int32, value: Bool)] = []
    private(set) var netCount = 0

    /// Flattens `top` of a design.
    ///
    /// - Throws: ``SynthesisError``: a cell that no library has, an undriven net, a combinational loop.
    public init(
        _ design: BLIFDesign,
        top: String,
        libraries: [LibertyLibrary]
    ) throws(SynthesisError) {
        var library: [String: LibertyCell] = [:]
        for cell in libraries.lazy.flatMap(\.cells) where library[cell.name] == nil {
            library[cell.name] = cell
        }
        var builder = NetlistFlattener(design: design, library: library, top: top)
        try builder.flatten()
        cells = builder.cells
        inputs = builder.inputs
        outputs = builder.outputs
        functions = builder.functions
        pins = builder.pins
        constants = builder.constants
        netCount = builder.netCount
        registers = builder.registers
        gates = try Self.sorted(builder, top: top)
    }

    /// Gates behind all that they read.
    private static func sorted(_ builder: NetlistFlattener, top: String) throws(SynthesisError) -> [Gate] {
        var driver = [Int32](repeating: -1, count: builder.netCount)
        for (index, gate) in builder.gates.enumerated() { driver[Int(gate.output)] = Int32(index) }
        var missing = [Int32](repeating: 0, count: builder.gates.count)
        var readers = [[Int32]](repeating: [], count: builder.gates.count)
        for (index, gate) in builder.gates.enumerated() {
            for pin in builder.pins[gate.inputs] {
                let source = driver[Int(pin)]
                if source >= 0 {
                    missing[index] += 1
                    readers[Int(source)].append(Int32(index))
                } else if !builder.isDriven[Int(pin)] {
                    throw .badNetlist(module: top, reason: "a net that nothing drives")
                }
            }
        }
        var order = missing.indices.filter { missing[$0] == 0 }
        var next = 0
        while next < order.count {
            for reader in readers[order[next]] {
                missing[Int(reader)] -= 1
                if missing[Int(reader)] == 0 { order.append(Int(reader)) }
            }
            next += 1
        }
        guard order.count == builder.gates.count else {
            throw .badNetlist(module: top, reason: "a combinational loop")
        }
        return order.map { builder.gates[$0] }
    }
}
