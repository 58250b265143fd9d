import Figures

/// Measured accuracy of coarser artefacts against the modelled area of their chips.
struct AccuracyFigure {
    let points: [AccuracyPoint]

    /// The drawing as markup.
    var drawing: String {
        let baseline = points.filter { $0.study == "baseline" }
        let studies: [(String, String, String, SVG.Mark)] = [
            ("exponents", "fewer exponents", "s0", .circle), ("pruning", "pruning", "s1", .square),
        ]
        let series = studies.map { study, name, style, mark in
            LinePanel.Series(
                name: name, style: style, mark: mark,
                points: (points.filter { $0.study == study } + baseline)
                    .sorted { $0.placedMm2Modelled.value < $1.placedMm2Modelled.value }
                    .map { Self.point($0, name: name) })
        }
        var svg = SVG(width: 940, height: 350)
        LinePanel.legend(series, baseline: "as it is, 95 % interval", x: 62, y: 16, on: &svg)
        let areas = points.map(\.placedMm2Modelled.value)
        let (least, most) = (areas.min() ?? 0, areas.max() ?? 1)
        let margin = max(0.05, (most - least) * 0.06)
        let best = (points.map(\.accuracyMeasured).max() ?? 1) * 100
        let band = baseline.first.map {
            (
                value: $0.accuracyMeasured * 100, low: $0.accuracyLowMeasured * 100,
                high: $0.accuracyHighMeasured * 100
            )
        }
        let scales: [(ClosedRange<Double>, String, Int)] = [
            (0...100, "correct, % of test images (measured)", 5),
            (
                max(0, (best - 8).rounded(.down))...min(100, (best + 2).rounded(.up)),
                "the same, enlarged, %", 8
            ),
        ]
        for (index, (domain, title, ticks)) in scales.enumerated() {
            let left = 62 + Double(index) * 474
            LinePanel(
                id: "accuracy-\(index)",
                x: Axis(
                    max(0, least - margin)...most + margin, range: (left, left + 388),
                    title: "mm2 placed (modelled)", tickCount: 6),
                y: Axis(domain, range: (300, 36), title: title, tickCount: ticks), series: series,
                baseline: band, isSpread: false
            ).draw(on: &svg)
        }
        return svg.element(
            id: "accuracy", title: "Accuracy against area",
            description: "Measured share of correct answers against the modelled placed area of the chip.")
    }

    private static func point(_ point: AccuracyPoint, name: String) -> LinePanel.Point {
        LinePanel.Point(
            x: point.placedMm2Modelled.value, y: point.accuracyMeasured * 100,
            low: point.accuracyLowMeasured * 100, high: point.accuracyHighMeasured * 100,
            note: "\(name) \(point.setting): \(Number.percent(point.accuracyMeasured, places: 2)) %, "
                + "\(Number.text(point.placedMm2Modelled.value, places: 2)) mm2, n = \(point.images)")
    }
}
