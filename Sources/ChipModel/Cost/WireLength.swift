/// Wire from a driver to each of its loads that a timing figure holds for.
public enum WireLength: String, CaseIterable, Sendable, Hashable {
    /// No wires at all: what a netlist closes before it is placed.
    case none = "0"
    /// 3 um a segment.
    case short = "3"
    /// 6 um a segment.
    case medium = "6"
    /// 10 um a segment.
    case long = "10"

    /// Length of a segment, um.
    public var micrometres: Int { Int(rawValue) ?? 0 }

    /// How a sentence names it.
    public var phrase: String { self == .none ? "without wires" : "with \(rawValue) um of wire a segment" }
}
