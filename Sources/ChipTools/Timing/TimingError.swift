/// Why a netlist has no timing.
public enum TimingError: Error, Sendable, Hashable, CustomStringConvertible {
    /// There is no such input of one bit.
    case noClock(port: String, module: String)
    /// No path leads from a register to a register.
    case noPath(module: String)
    /// The period is no number from 1 ps to 1 ms.
    case period(Double)

    /// What is wrong and what to do.
    public var description: String {
        switch self {
        case .noClock(let port, let module):
            "\(module.printable()) has no input \(port.printable()) of one bit: name its clock"
        case .noPath(let module):
            "\(module.printable()) has no path from a register to a register: is the clock the right port?"
        case .period(let period): "a period of \(period) ps is outside 1 to 1e9"
        }
    }
}
