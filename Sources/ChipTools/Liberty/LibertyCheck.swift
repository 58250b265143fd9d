/// What synthesis needs of the libraries, checked before a tool starts: Yosys counts an unknown cell as
/// nothing, and ABC ends with "Can't open ABC output file" when a gate is missing.
public struct LibertyCheck: Error, Sendable, Hashable, CustomStringConvertible {
    /// One thing that is needed: any cell of these roles, and what for.
    public struct Need: Sendable, Hashable {
        /// Roles of which one is enough.
        public let anyOf: [CellRole]
        /// What it is needed for.
        public let purpose: String

        /// A need.
        public init(anyOf: [CellRole], purpose: String) {
            self.anyOf = anyOf
            self.purpose = purpose
        }
    }

    /// What mapping to gates needs, with flip-flops.
    public static let gates = [
        Need(anyOf: [.inverter], purpose: "ABC cannot start without it"),
        Need(anyOf: [.nand2, .nor2], purpose: "ABC maps every gate with it"),
        Need(anyOf: [.invertingFlipFlop, .flipFlop], purpose: "pipeline registers"),
    ]
    /// What the explicit adder trees need.
    public static let adders = [
        Need(anyOf: [.invertedFullAdder, .fullAdder], purpose: "the adder trees"),
        Need(anyOf: [.invertedHalfAdder, .halfAdder], purpose: "the adder trees"),
    ]

    /// What no cell serves.
    public let missing: [Need]
    /// The files looked through.
    public let files: [String]

    /// Throws itself when something is missing.
    ///
    /// - Returns: The cells found.
    /// - Throws: ``LibertyCheck`` that names all that is missing.
    @discardableResult
    public static func require(
        _ needs: [Need], in libraries: [LibertyLibrary], excluding excluded: [NamePattern] = []
    ) throws(LibertyCheck) -> CellRoles {
        let roles = CellRoles(libraries, excluding: excluded)
        let missing = needs.filter { need in need.anyOf.allSatisfy { roles[$0] == nil } }
        guard missing.isEmpty else {
            throw LibertyCheck(missing: missing, files: libraries.map(\.file.name))
        }
        return roles
    }

    /// What is missing, where, and what to do.
    public var description: String {
        let needs = missing.map { need in
            need.anyOf.map(\.words).joined(separator: " or ") + " (\(need.purpose))"
        }
        return "the liberty files lack " + needs.joined(separator: ", ") + "; looked through "
            + files.map { $0.printable() }.joined(separator: ", ")
            + "; name all files of the library, or exclude fewer cells"
    }
}
