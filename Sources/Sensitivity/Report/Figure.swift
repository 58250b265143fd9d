import Figures

/// One drawing of the page with what is said about it.
struct Figure {
    let id: String
    let heading: String
    /// What was done, in a sentence or two.
    let text: String
    /// The drawing as markup.
    let drawing: String
    /// The rows behind it.
    let rows: [ReportRow]
}

/// Makes the figures that show accuracy against a setting.
struct FigureMaker {
    let report: SensitivityReport

    /// Style and mark of a treatment, the same in all figures.
    static func look(_ treatment: StudyPoint.Treatment) -> (style: String, mark: SVG.Mark, name: String) {
        switch treatment {
        case .asIs: ("s0", .circle, "as it is")
        case .biasCorrected: ("s1", .square, "biases corrected")
        case .headRefitted: ("s2", .triangle, "and head fitted anew")
        }
    }

    var band: (value: Double, low: Double, high: Double)? {
        report.baseline.map { ($0.accuracy * 100, $0.accuracyLow * 100, $0.accuracyHigh * 100) }
    }

    /// Rows of a study, the undegraded artefact among them, as series over `x`.
    func series(
        _ study: ReportRow.Study,
        baselineLast: Bool,
        x: (ReportRow) -> Double,
        setting: (ReportRow) -> String
    ) -> [LinePanel.Series] {
        report.treatments.map { treatment in
            let baseline = [report.baseline(treatment)].compactMap { $0 }
            let measured = report.rows(study, treatment)
            let rows = baselineLast ? measured + baseline : baseline + measured
            let look = Self.look(treatment)
            return LinePanel.Series(
                name: look.name,
                style: look.style,
                mark: look.mark,
                points: rows.map { row in
                    LinePanel.Point(
                        x: x(row),
                        y: row.accuracy * 100,
                        low: row.accuracyLow * 100,
                        high: row.accuracyHigh * 100,
                        note: "\(setting(row)), \(look.name): \(Number.percent(row.accuracy, places: 2)) % "
                            + "(\(Number.percent(row.accuracyLow, places: 2)) to "
                            + "\(Number.percent(row.accuracyHigh, places: 2))), n = \(row.images)"
                    )
                }
            )
        }
    }

    /// From the left end to the right end of a panel.
    static let panelWidth = 388.0

    /// Two panels: all of the scale, and the stretch around the undegraded accuracy.
    func panels(
        id: String,
        title: String,
        description: String,
        series: [LinePanel.Series],
        isJoined: Bool = true,
        x: (_ range: (Double, Double)) -> Axis
    ) -> String {
        // Labels of several lines push the page down, not each other.
        let lines = x((0, Self.panelWidth)).ticks.map { $0.text.count { $0 == "\n" } }.max() ?? 0
        var svg = SVG(width: 940, height: 350 + 14 * Double(max(0, lines - 1)))
        LinePanel.legend(series, baseline: "not degraded, 95 % interval", x: 62, y: 16, on: &svg)
        let (top, bottom) = (36.0, 300.0)
        let whole = Axis(
            0...100, range: (bottom, top), title: "correct, % of test images", tickCount: 5)
        let reference = band?.value ?? 100
        let near = Axis(
            max(0, (reference - 5).rounded(.down))...min(100, (reference + 2).rounded(.up)),
            range: (bottom, top), title: "the same, enlarged, %", tickCount: 8)
        for (index, y) in [whole, near].enumerated() {
            let left = 62 + Double(index) * 474
            LinePanel(
                id: "\(id)-\(index)", x: x((left, left + Self.panelWidth)), y: y, series: series,
                baseline: band,
                isJoined: isJoined
            ).draw(on: &svg)
        }
        return svg.element(id: id, title: title, description: description)
    }
}
