/// Why a network can not be written as RTL.
public enum NetworkRTLError: Error, Hashable, Sendable, CustomStringConvertible {
    /// More than one image row would enter in one cycle.
    case severalRowsPerCycle(cycles: Int, rows: Int)
    /// A layer's core has another number of register stages than RTL can have.
    case badDepth(layer: String, found: Int)
    /// A part of the network begins behind the input of a residual addition.
    case cutResidual(layer: String, first: String)

    /// What is wrong, and what to do.
    public var description: String {
        switch self {
        case .severalRowsPerCycle(let cycles, let rows):
            "\(cycles) cycles an image: RTL takes one image row a cycle at most; use \(rows) cycles or more"
        case .badDepth(let layer, let found):
            "\(layer) has depth \(found); RTL has 3 to 16 register stages a layer"
        case .cutResidual(let layer, let first):
            "\(layer) adds the input of its block; begin with \(first) or with a later block"
        }
    }
}
