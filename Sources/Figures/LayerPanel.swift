/// One row for each layer: how much the answers suffer when that layer alone is made coarser.
package struct LayerPanel {
    /// One measured value.
    package struct Value {
        /// Change and interval, percentage points.
        package let change: Double
        package let low: Double
        package let high: Double
        package let note: String

        package init(change: Double, low: Double, high: Double, note: String) {
            (self.change, self.low, self.high, self.note) = (change, low, high, note)
        }
    }

    /// Height of a row.
    package static let rowHeight = 17.0

    /// What was done to the layers.
    package let title: String
    package let x: Axis
    /// Where the first row begins.
    package let top: Double
    /// The values of each row by series, in the order of the rows.
    package let series: [(style: String, mark: SVG.Mark, values: [Value])]

    package init(
        title: String, x: Axis, top: Double, series: [(style: String, mark: SVG.Mark, values: [Value])]
    ) {
        (self.title, self.x, self.top, self.series) = (title, x, top, series)
    }

    /// Draws axis, zero line, bars and marks; what lies left of the axis is written as a number at its edge.
    package func draw(on svg: inout SVG) {
        let rows = series.map(\.values.count).max() ?? 0
        let bottom = top + Double(rows) * Self.rowHeight
        let (left, right) = x.range
        for tick in x.ticks {
            let column = x.position(tick.value)
            svg.line((column, top), (column, bottom), tick.value == 0 ? "zero" : "grid")
            svg.text(tick.text, (column, bottom + 16), "tick", anchor: .middle)
        }
        svg.text(title, ((left + right) / 2, top - 12), "label strong", anchor: .middle)
        svg.text(x.title, ((left + right) / 2, bottom + 38), "label", anchor: .middle)
        for (index, series) in series.enumerated() {
            let shift = (Double(index) - Double(self.series.count - 1) / 2) * 6
            for (row, value) in series.values.enumerated() {
                let middle = top + (Double(row) + 0.5) * Self.rowHeight + shift
                draw(value, index, row: middle, on: &svg)
            }
        }
    }

    private func draw(_ value: Value, _ index: Int, row: Double, on svg: inout SVG) {
        let (style, mark) = (series[index].style, series[index].mark)
        let edge = x.domain.lowerBound
        guard value.change >= edge else {
            // Numbers of one row stand side by side, where marks would lie on top of each other.
            let column = x.range.0 + 2 + 44 * Double(index)
            return svg.text(
                "\u{25C2} " + Number.points(value.change / 100), (column, row + 3.5), "beyond \(style)")
        }
        svg.line((x.position(max(value.low, edge)), row), (x.position(value.high), row), "bar \(style)")
        svg.mark(mark, (x.position(value.change), row), "mark small \(style)", note: value.note)
    }
}
