import Figures

extension FigureMaker {
    /// Accuracy against who shares an exponent; also other artefacts, where there are some.
    func categories(
        _ study: ReportRow.Study, id: String, heading: String, text: String, names known: [String: String]
    )
        -> Figure
    {
        let settings = report.rows(study, .asIs).map(\.setting)
        func place(_ row: ReportRow) -> Double {
            settings.firstIndex(of: row.setting).map { Double($0) + 1 } ?? 0
        }
        func name(_ setting: String) -> String { known[setting] ?? setting }
        let all = series(study, baselineLast: false, x: place) {
            name($0.setting).split(separator: "\n").joined(separator: " ")
        }
        let names = [name("")] + settings.map(name)
        let ticks = names.enumerated().map {
            (Double($0.offset), LabelWrap.lines($0.element, width: Self.panelWidth / Double(names.count)))
        }
        let drawing = panels(
            id: id, title: heading, description: text, series: all.filter { $0.points.count > 1 },
            isJoined: false
        ) { Axis(-0.5...Double(settings.count) + 0.5, range: $0, title: "", ticks: ticks) }
        return Figure(
            id: id, heading: heading, text: text, drawing: drawing,
            rows: report.rows.filter { $0.study == study })
    }

    /// Accuracy against adders: exponents, pruning and activation bits on one scale.
    func adders() -> Figure {
        let studies: [(ReportRow.Study, String, SVG.Mark, String)] = [
            (.exponents, "s0", .circle, "fewer exponents"), (.pruning, "s1", .square, "pruning"),
            (.activationBits, "s2", .triangle, "fewer activation bits"),
        ]
        let series = studies.map { study, style, mark, name in
            let rows = [report.baseline].compactMap { $0 } + report.rows(study, .biasCorrected)
            return LinePanel.Series(
                name: name, style: style, mark: mark,
                points: rows.sorted { $0.fullAddersModelled < $1.fullAddersModelled }.map { row in
                    LinePanel.Point(
                        x: Double(row.fullAddersModelled) / 1e6, y: row.accuracy * 100,
                        low: row.accuracyLow * 100, high: row.accuracyHigh * 100,
                        note: "\(name) \(row.setting): \(Number.percent(row.accuracy, places: 2)) %, "
                            + "\(Number.text(Double(row.fullAddersModelled) / 1e6, places: 2)) million adders"
                    )
                })
        }
        let most = series.flatMap(\.points).map(\.x).max() ?? 1
        let drawing = panels(
            id: "adders", title: "Accuracy against full adders",
            description:
                "Share of correct answers against the modelled number of full adders, biases corrected.",
            series: series
        ) { Axis(0...most * 1.04, range: $0, title: "full adders, millions (modelled)", tickCount: 8) }
        return Figure(
            id: "adders", heading: "What the adders buy",
            text: """
                The same points, biases corrected, against full adders of one copy of the weights. \
                Modelled, not synthesised: one adder for each activation bit of each power of two that \
                a weight is made of, which is 8 for a single power at 8 bits.
                """,
            drawing: drawing, rows: [])
    }
}
