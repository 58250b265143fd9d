/// Reads the table that `report_power` of OpenSTA prints, in watts.
package struct PowerReport {
    /// What could not be read.
    package struct Unreadable: Error, Hashable {
        package let what: String

        package init(what: String) { self.what = what }
    }

    /// One line of the table, W.
    package struct Row: Hashable, Sendable {
        /// Inside cells, at the wires and pins, and at rest.
        package let `internal`, switching, leakage: Double
        /// What follows activity: all but leakage.
        package var dynamic: Double { `internal` + switching }
    }

    /// Lines by their first word: Sequential, Combinational, Total...
    package let rows: [String: Row]

    /// Reads the first table.
    ///
    /// - Throws: ``Unreadable`` where there is no table, or where it holds something that is no power: NaN, below 0.
    package init(_ lines: [Substring]) throws(Unreadable) {
        var rows: [String: Row] = [:]
        var isTable = false
        for line in lines where rows["Total"] == nil {
            let words = line.split(separator: " ")
            guard let name = words.first else { continue }
            if name == "Group" {
                guard words.dropFirst().elementsEqual(["Internal", "Switching", "Leakage", "Total"]) else {
                    throw Unreadable(what: "a power table with other columns")
                }
                isTable = true
            }
            // Below the title stands a second line without numbers, then rules of dashes.
            guard isTable, name != "Group", name != "Power", !name.hasPrefix("-") else { continue }
            let numbers = words.dropFirst().prefix(4).compactMap { word in
                Double(word).flatMap { $0.isFinite && $0 >= 0 ? $0 : nil }
            }
            guard numbers.count == 4 else {
                throw Unreadable(what: "the power of \(name) is no four numbers")
            }
            rows[String(name)] = Row(internal: numbers[0], switching: numbers[1], leakage: numbers[2])
        }
        guard rows["Total"] != nil else { throw Unreadable(what: "no power table") }
        self.rows = rows
    }
}
