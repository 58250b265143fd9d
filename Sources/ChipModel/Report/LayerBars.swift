import Figures

/// Two bars for every layer: how much of the time it works, and what room it takes.
struct LayerBars {
    let report: ChipReport

    private static let rowHeight = 17.0

    /// The drawing as markup.
    var drawing: String {
        let rows = report.layers
        let top = 44.0
        let bottom = top + Double(rows.count) * Self.rowHeight
        var svg = SVG(width: 940, height: bottom + 48)
        for (index, row) in rows.enumerated() {
            let y = top + Double(index) * Self.rowHeight
            if index % 2 == 1 {
                svg.rectangle(x: 0, y: y, width: 940, height: Self.rowHeight, "stripe")
            }
            svg.text(row.name, (104, y + 12.5), "row", anchor: .end)
        }
        let largest = rows.map(\.modelled.placedMm2.value).max() ?? 1
        panel(
            &svg, title: "works, % of the cycles (simulated)",
            axis: Axis(0...100, range: (114, 490), title: "", tickCount: 5), top: top, bottom: bottom,
            style: "s2", places: 0, values: rows.map { $0.simulated.utilisation * 100 })
        panel(
            &svg, title: "placed area of all lanes, mm2 (modelled)",
            axis: Axis(0...max(0.01, largest * 1.1), range: (540, 900), title: "", tickCount: 5), top: top,
            bottom: bottom, style: "s1", places: 3, values: rows.map(\.modelled.placedMm2.value))
        return svg.element(
            id: "layers", title: "Utilisation and area by layer",
            description: "For each layer the share of cycles in which it works, and its placed area.")
    }

    private func panel(
        _ svg: inout SVG, title: String, axis: Axis, top: Double, bottom: Double, style: String, places: Int,
        values: [Double]
    ) {
        svg.text(title, ((axis.range.0 + axis.range.1) / 2, top - 14), "label strong", anchor: .middle)
        for tick in axis.ticks {
            let column = axis.position(tick.value)
            svg.line((column, top), (column, bottom), tick.value == 0 ? "zero" : "grid")
            svg.text(tick.text, (column, bottom + 16), "tick", anchor: .middle)
        }
        for (index, value) in values.enumerated() {
            let y = top + Double(index) * Self.rowHeight
            let end = axis.position(value)
            svg.rectangle(
                x: axis.range.0, y: y + 3, width: max(0.5, end - axis.range.0),
                height: Self.rowHeight - 6, "mark \(style)")
            // A label at a full bar would leave the panel.
            let isFull = end > axis.range.1 - 30
            svg.text(
                Number.text(value, places: places), (isFull ? axis.range.1 + 4 : end + 4, y + 12.5), "row")
        }
    }
}
