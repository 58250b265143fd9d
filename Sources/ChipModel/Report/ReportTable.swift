import Figures

/// A table of the page; its caption names the kind of all its figures.
struct ReportTable {
    let caption: String
    let header: [String]
    let rows: [[String]]

    /// The table as markup, folded away where `summary` says what it holds.
    func html(summary: String? = nil) -> String {
        let head = header.map { "<th scope=\"col\">\(Markup.escaped($0))</th>" }.joined()
        let body = rows.map { row in
            "<tr>" + row.map { "<td>\(Markup.escaped($0))</td>" }.joined() + "</tr>"
        }
        let table = """
            <div class="scroll"><table>
            <caption>\(Markup.escaped(caption))</caption>
            <thead><tr>\(head)</tr></thead>
            <tbody>
            \(body.joined(separator: "\n"))
            </tbody>
            </table></div>
            """
        guard let summary else { return table }
        return "<details><summary>\(Markup.escaped(summary))</summary>\n\(table)\n</details>"
    }

    /// Low, default and high of named figures.
    static func ranges(_ caption: String, _ rows: [(String, Estimate)]) -> ReportTable {
        ReportTable(
            caption: caption, header: ["figure", "low", "default", "high"],
            rows: rows.map { name, estimate in
                [name] + [estimate.low, estimate.value, estimate.high].map { Number.text($0, places: 3) }
            })
    }
}
