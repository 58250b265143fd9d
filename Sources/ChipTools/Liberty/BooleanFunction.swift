/// A logic function as liberty writes it.
public indirect enum BooleanFunction: Sendable, Hashable {
    /// 0 or 1.
    case constant(Bool)
    /// A pin or a state.
    case variable(String)
    /// The complement.
    case not(BooleanFunction)
    /// All of them; two or more.
    case and([BooleanFunction])
    /// Any of them; two or more.
    case or([BooleanFunction])
    /// An odd number of them; two or more.
    case xor([BooleanFunction])

    /// The variables in the order of their names.
    public var variables: [String] {
        var names: Set<String> = []
        collect(into: &names)
        return names.sorted()
    }

    private func collect(into names: inout Set<String>) {
        switch self {
        case .constant: break
        case .variable(let name): names.insert(name)
        case .not(let inner): inner.collect(into: &names)
        case .and(let parts), .or(let parts), .xor(let parts): parts.forEach { $0.collect(into: &names) }
        }
    }

    /// The value for 64 assignments at a time: bit i of every word belongs to assignment i.
    ///
    /// - Parameter value: The 64 values of a variable.
    public func evaluate(_ value: (String) -> UInt64) -> UInt64 {
        switch self {
        case .constant(let bit): bit ? .max : 0
        case .variable(let name): value(name)
        case .not(let inner): ~inner.evaluate(value)
        case .and(let parts): parts.reduce(.max) { $0 & $1.evaluate(value) }
        case .or(let parts): parts.reduce(0) { $0 | $1.evaluate(value) }
        case .xor(let parts): parts.reduce(0) { $0 ^ $1.evaluate(value) }
        }
    }

    /// The same function with every variable replaced.
    public func substituting(_ replacement: (String) -> BooleanFunction) -> BooleanFunction {
        switch self {
        case .constant: self
        case .variable(let name): replacement(name)
        case .not(let inner): .not(inner.substituting(replacement))
        case .and(let parts): .and(parts.map { $0.substituting(replacement) })
        case .or(let parts): .or(parts.map { $0.substituting(replacement) })
        case .xor(let parts): .xor(parts.map { $0.substituting(replacement) })
        }
    }

    /// As a Verilog expression, fully bracketed.
    ///
    /// - Parameter name: The Verilog name of a variable.
    public func verilog(_ name: (String) -> String) -> String {
        switch self {
        case .constant(let bit): bit ? "1'b1" : "1'b0"
        case .variable(let variable): name(variable)
        case .not(let inner): "~" + inner.verilog(name)
        case .and(let parts): Self.join(parts, " & ", name)
        case .or(let parts): Self.join(parts, " | ", name)
        case .xor(let parts): Self.join(parts, " ^ ", name)
        }
    }

    private static func join(
        _ parts: [BooleanFunction], _ mark: String, _ name: (String) -> String
    ) -> String {
        "(" + parts.map { $0.verilog(name) }.joined(separator: mark) + ")"
    }
}
