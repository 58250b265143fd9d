/// The smallest cell of some libraries in each role.
public struct CellRoles: Sendable {
    /// The smallest cell of each role that has one; of equal ones the first by name.
    public let smallest: [CellRole: CellMatch]
    /// Cells seen.
    public let cellCount: Int

    /// Looks through all cells but those excluded, which tools would not use either.
    ///
    /// - Parameter excluded: Patterns of names, as in ``NamePattern``; they hold for gates only, because the
    ///   usual lists exclude the half adder of ASAP7 by its drive strength.
    public init(_ libraries: [LibertyLibrary], excluding excluded: [NamePattern] = []) {
        var best: [CellRole: CellMatch] = [:]
        var count = 0
        for cell in libraries.lazy.flatMap(\.cells) {
            count += 1
            let isExcluded = cell.isDontUse || excluded.contains { $0.matches(cell.name) }
            for role in CellRole.allCases where !isExcluded || role.isAdder {
                guard let match = CellMatch(cell, as: role) else { continue }
                if let known = best[role], (known.area, known.cell) <= (match.area, match.cell) { continue }
                best[role] = match
            }
        }
        smallest = best
        cellCount = count
    }

    /// The smallest cell of a role.
    public subscript(role: CellRole) -> CellMatch? { smallest[role] }

    /// The smaller of both kinds of plain flip-flop.
    public var anyFlipFlop: CellMatch? {
        [smallest[.flipFlop], smallest[.invertingFlipFlop]].compactMap(\.self).min { $0.area < $1.area }
    }
}

extension CellRole {
    /// Cells that we place ourselves; the tools never choose them.
    var isAdder: Bool {
        switch self {
        case .invertedFullAdder, .fullAdder, .invertedHalfAdder, .halfAdder: true
        default: false
        }
    }
}
