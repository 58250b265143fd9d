import Figures

extension FigureMaker {
    /// The loss when one layer alone is made coarser.
    func layers() -> Figure {
        let studies: [(ReportRow.Study, String)] = [
            (.layerTwoExponents, "two exponents"), (.layerHalfPruned, "half of its weights zero"),
        ]
        let names = report.rows(.layerTwoExponents, .asIs).map(\.setting)
        let rows = report.rows.filter { row in studies.contains { $0.0 == row.study } }
        let domain = Self.domain(rows)
        let (top, height) = (62.0, Double(names.count) * LayerPanel.rowHeight)
        var svg = SVG(width: 940, height: top + height + 56)
        for (index, treatment) in [StudyPoint.Treatment.asIs, .biasCorrected].enumerated() {
            let look = Self.look(treatment)
            let x = 110 + Double(index) * 130
            svg.mark(look.mark, (x, 12), "mark \(look.style)")
            svg.text(look.name, (x + 12, 16), "legend")
        }
        for (row, name) in names.enumerated() {
            let y = top + Double(row) * LayerPanel.rowHeight
            if row % 2 == 1 {
                svg.rectangle(x: 0, y: y, width: 940, height: LayerPanel.rowHeight, "stripe")
            }
            svg.text(name, (98, y + 12.5), "row", anchor: .end)
        }
        for (index, (study, title)) in studies.enumerated() {
            let left = 110 + Double(index) * 420
            LayerPanel(
                title: title,
                x: Axis(
                    domain, range: (left, left + 396), title: "change of correct answers, percentage points",
                    tickCount: 6),
                top: top,
                series: [StudyPoint.Treatment.asIs, .biasCorrected].map { treatment in
                    let look = Self.look(treatment)
                    return (look.style, look.mark, report.rows(study, treatment).map(Self.value))
                }
            ).draw(on: &svg)
        }
        let n = rows.first.map { Number.count($0.images) } ?? "0"
        return Figure(
            id: "layers", heading: "One layer at a time",
            text: """
                Each layer alone is reduced to two exponents per channel, or loses half of its \
                weights; all others stay as they are. Changes against the undegraded answers to the \
                same \(n) images; bars are paired 95 % intervals. Biases are corrected in that layer \
                only.
                """,
            drawing: svg.element(
                id: "layers", title: "Sensitivity of each layer",
                description: "Change of the share of correct answers when one layer alone is made coarser."),
            rows: rows)
    }

    /// Where changes are drawn, percentage points: the narrowest of a few scales that holds nine of ten.
    private static func domain(_ rows: [ReportRow]) -> ClosedRange<Double> {
        let lowest = [-5.0, -10, -20].first { edge in
            rows.count { $0.change * 100 < edge } * 10 <= rows.count
        }
        let best = rows.map { $0.changeHigh * 100 }.max() ?? 1
        return (lowest ?? -40)...max(1, best.rounded(.up))
    }

    private static func value(_ row: ReportRow) -> LayerPanel.Value {
        LayerPanel.Value(
            change: row.change * 100, low: row.changeLow * 100, high: row.changeHigh * 100,
            note: "\(row.setting): \(Number.points(row.change)) points (\(Number.points(row.changeLow)) to "
                + "\(Number.points(row.changeHigh))), \(row.lost) answers lost, \(row.gained) gained")
    }
}
