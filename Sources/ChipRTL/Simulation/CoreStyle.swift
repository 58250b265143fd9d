/// How the arithmetic of a layer's core is written; both styles have the same ports, bytes and latency.
public enum CoreStyle: String, CaseIterable, Sendable {
    /// Sums of shifted operands: small text that simulates fast.
    case simulation
    /// Explicit adders with the polarity of every bit: what is synthesised.
    case area
}
