/// Why a gate netlist could not be used.
public enum NetlistError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The system does not let us read it, or it is too long.
    case unreadable(file: String, reason: String)
    /// The text is not a flat netlist of cells.
    case malformed(file: String, line: Int, what: String)
    /// Cells that no library has; tools would count them as nothing.
    case unknownCells(file: String, cells: [String])
    /// A net with two drivers, a pin that the cell does not have.
    case inconsistent(file: String, what: String)

    /// File, line, what is wrong, what to do.
    public var description: String {
        switch self {
        case .unreadable(let file, let reason): "\(file.printable()) cannot be read: \(reason.printable())"
        case .malformed(let file, let line, let what): "\(file.printable()), line \(line): \(what.printable())"
        case .unknownCells(let file, let cells):
            "\(file.printable()) uses cells that the liberty files lack: "
                + cells.prefix(8).map { $0.printable() }.joined(separator: ", ")
                + (cells.count > 8 ? " and \(cells.count - 8) more" : "")
                + "; name all files that it was synthesised with"
        case .inconsistent(let file, let what): "\(file.printable()): \(what.printable())"
        }
    }
}
