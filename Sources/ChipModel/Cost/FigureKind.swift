/// Where a figure comes from. Figures of two kinds never share a column, a key or a table.
public enum FigureKind: String, Sendable, Hashable, CaseIterable, Encodable {
    /// Counted in the artefact's own weights and in the adder trees made of them.
    case counted
    /// Times of the row schedule and of the credits, in cycles.
    case simulated
    /// A law fitted on cells synthesised for ASAP7, a predictive library, or the library's own figure.
    case synthesisedLaw = "synthesised_law"
    /// Computed with at least one estimated constant.
    case modelled

    /// What a table's header says.
    public var label: String {
        switch self {
        case .counted: "counted"
        case .simulated: "simulated"
        case .synthesisedLaw: "synthesised law, ASAP7"
        case .modelled: "modelled"
        }
    }
}
