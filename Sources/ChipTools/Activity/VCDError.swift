/// Why a value change dump could not be used.
public enum VCDError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The system does not let us read it.
    case unreadable(file: String, reason: String)
    /// The text is no value change dump.
    case malformed(file: String, offset: Int, what: String)
    /// It holds none of the signals asked for.
    case noSignals(file: String, scope: String)

    /// File, place, what is wrong.
    public var description: String {
        switch self {
        case .unreadable(let file, let reason): "\(file.printable()) cannot be read: \(reason.printable())"
        case .malformed(let file, let offset, let what):
            "\(file.printable()), byte \(offset): \(what.printable())"
        case .noSignals(let file, let scope):
            "\(file.printable()) has no signal of the netlist in the scope \(scope.printable()): "
                + "dump the instance itself, $dumpvars(1, ...)"
        }
    }
}
