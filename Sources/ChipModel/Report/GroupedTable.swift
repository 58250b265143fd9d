/// A table for terminals whose columns stand in named groups, so that each column says its kind.
struct GroupedTable {
    /// Columns that share a kind.
    struct Group {
        let title: String
        let columns: [String]
    }

    /// The groups from left to right; the first column is text, all others are numbers.
    let groups: [Group]
    /// The cells of each row, through all groups.
    let rows: [[String]]

    /// Group titles, column titles, rows; numbers to the right.
    var lines: [String] {
        let titles = groups.flatMap(\.columns)
        var widths = titles.indices.map { column in
            max(titles[column].count, rows.map { $0[column].count }.max() ?? 0)
        }
        var start = 0
        var header = ""
        for group in groups {
            let columns = start..<start + group.columns.count
            let width = columns.reduce(columns.count - 1) { $0 + widths[$1] }
            // A group is at least as wide as its title.
            if group.title.count > width { widths[start] += group.title.count - width }
            let title = group.title.count > width ? group.title : Self.centred(group.title, width: width)
            header += (start == 0 ? "" : " ") + title
            start = columns.upperBound
        }
        return [Self.trimmed(header), line(titles, widths)] + rows.map { line($0, widths) }
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        Self.trimmed(
            cells.indices.map { column in
                let space = String(repeating: " ", count: widths[column] - cells[column].count)
                return column == 0 ? cells[column] + space : space + cells[column]
            }.joined(separator: " "))
    }

    private static func centred(_ text: String, width: Int) -> String {
        guard !text.isEmpty else { return String(repeating: " ", count: width) }
        let free = width - text.count
        let dashes = max(0, free - 2)
        let left = String(repeating: "-", count: dashes / 2)
        let right = String(repeating: "-", count: dashes - dashes / 2)
        return free < 2 ? text + String(repeating: " ", count: free) : "\(left) \(text) \(right)"
    }

    private static func trimmed(_ text: String) -> String {
        String(text.reversed().drop { $0 == " " }.reversed())
    }
}
