/// A plot of series over a common quantity, with intervals as bars and the undegraded value as a band.
package struct LinePanel {
    /// One measured point.
    package struct Point {
        package let x: Double
        /// Value and interval, percent.
        package let y: Double
        package let low: Double
        package let high: Double
        package let note: String

        package init(x: Double, y: Double, low: Double, high: Double, note: String) {
            (self.x, self.y, self.low, self.high, self.note) = (x, y, low, high, note)
        }
    }

    /// Points that belong together.
    package struct Series {
        package let name: String
        /// Style of line and marks: `s0`, `s1`, `s2`.
        package let style: String
        package let mark: SVG.Mark
        package let points: [Point]

        package init(name: String, style: String, mark: SVG.Mark, points: [Point]) {
            (self.name, self.style, self.mark, self.points) = (name, style, mark, points)
        }
    }

    /// Names the clipping of the panel; unique on the page.
    package let id: String
    package let x: Axis
    package let y: Axis
    package let series: [Series]
    /// The undegraded value and its interval, percent.
    package let baseline: (value: Double, low: Double, high: Double)?
    /// Whether points are joined by lines.
    package let isJoined: Bool
    /// Whether series stand side by side, so that the bars of equal values do not hide each other.
    package let isSpread: Bool

    package init(
        id: String,
        x: Axis,
        y: Axis,
        series: [Series],
        baseline: (value: Double, low: Double, high: Double)? = nil,
        isJoined: Bool = true,
        isSpread: Bool = true
    ) {
        (self.id, self.x, self.y, self.series) = (id, x, y, series)
        (self.baseline, self.isJoined, self.isSpread) = (baseline, isJoined, isSpread)
    }

    /// Draws axes, band, lines, bars and marks.
    package func draw(on svg: inout SVG) {
        let (left, right) = x.range
        let (bottom, top) = y.range
        drawFrame(on: &svg)
        // Marks at zero are whole; what lies below an enlarged stretch ends at its axis.
        let below: Double = y.domain.lowerBound > 0 ? 0 : 6
        svg.clipped(id, x: left, y: top - 6, width: right - left, height: bottom - top + 6 + below) { svg in
            if let baseline {
                let (high, low) = (y.position(baseline.high), y.position(baseline.low))
                svg.rectangle(x: left, y: high, width: right - left, height: low - high, "band")
                svg.line((left, y.position(baseline.value)), (right, y.position(baseline.value)), "base")
            }
            for (index, series) in series.enumerated() { draw(series, at: index, on: &svg) }
        }
    }

    private func draw(_ series: Series, at index: Int, on svg: inout SVG) {
        let shift = !isSpread ? 0 : (Double(index) - Double(self.series.count - 1) / 2) * 6
        func place(_ point: Point) -> (Double, Double) { (x.position(point.x) + shift, y.position(point.y)) }
        if isJoined { svg.polyline(series.points.map(place), "line \(series.style)") }
        for point in series.points {
            let (column, _) = place(point)
            svg.line((column, y.position(point.low)), (column, y.position(point.high)), "bar \(series.style)")
        }
        for point in series.points {
            svg.mark(series.mark, place(point), "mark \(series.style)", note: point.note)
        }
    }

    private func drawFrame(on svg: inout SVG) {
        let (left, right) = x.range
        let (bottom, top) = y.range
        for tick in y.ticks {
            let row = y.position(tick.value)
            svg.line((left, row), (right, row), "grid")
            svg.text(tick.text, (left - 8, row + 4), "tick", anchor: .end)
        }
        for tick in x.ticks {
            let column = x.position(tick.value)
            svg.line((column, bottom), (column, bottom + 5), "axis")
            for (index, line) in tick.text.split(separator: "\n").enumerated() {
                svg.text(String(line), (column, bottom + 19 + 14 * Double(index)), "tick", anchor: .middle)
            }
        }
        svg.line((left, bottom), (right, bottom), "axis")
        let lines = x.ticks.map { $0.text.count { $0 == "\n" } }.max() ?? 0
        svg.text(
            x.title,
            ((left + right) / 2, bottom + 40 + 14 * Double(lines)),
            "label",
            anchor: .middle
        )
        svg.text(y.title, (left - 42, (top + bottom) / 2), "label", anchor: .middle, degrees: -90)
    }

    /// Draws the names of `series` in a row, from `x` on.
    package static func legend(_ series: [Series], baseline: String?, x: Double, y: Double, on svg: inout SVG)
    {
        var column = x
        for series in series {
            svg.line((column, y - 4), (column + 22, y - 4), "line \(series.style)")
            svg.mark(series.mark, (column + 11, y - 4), "mark \(series.style)")
            svg.text(series.name, (column + 28, y), "legend")
            column += 28 + Double(series.name.count) * 6.6 + 24
        }
        if let baseline {
            svg.rectangle(x: column, y: y - 9, width: 22, height: 10, "band")
            svg.line((column, y - 4), (column + 22, y - 4), "base")
            svg.text(baseline, (column + 28, y), "legend")
        }
    }
}
