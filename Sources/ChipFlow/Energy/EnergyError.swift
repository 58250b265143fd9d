/// Why a netlist has no energy.
public enum EnergyError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Cells of the netlist have no model, and why.
    case notModelled(layer: String, cells: [String])
    /// The netlist, simulated with delays, gives another byte than the specification.
    case wrongBytes(layer: String, wrong: Int, of: Int, firstPixel: Int)
    /// The dump ended before the last pixel.
    case cutShort(layer: String, cycles: Int, of: Int)
    /// The library gives the gates no power.
    case noPower(layer: String)

    /// What, where, and what to do.
    public var description: String {
        switch self {
        case .notModelled(let layer, let cells):
            "\(layer): cells of the netlist can not be simulated, exclude them: \(cells.joined(separator: "; "))"
        case .wrongBytes(let layer, let wrong, let count, let pixel):
            "\(layer): the netlist with delays gives \(wrong) of \(count) bytes of the picture wrong, the first at "
                + "pixel \(pixel) of those simulated; its activity is of no use"
        case .cutShort(let layer, let cycles, let count):
            "\(layer): the dump reached its limit after \(cycles) of \(count) cycles: take fewer pixels"
        case .noPower(let layer):
            "\(layer): OpenSTA finds no power in the gates: the liberty files hold no internal power and no voltages"
        }
    }
}
