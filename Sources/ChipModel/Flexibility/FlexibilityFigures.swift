import Figures
import Foundation

/// The drawings of the flexibility page.
struct FlexibilityFigures {
    let report: FlexibilityReport

    private static let top = 36.0
    private static let bottom = 300.0

    /// Cuts with a programmable head, by the number of their programmable layers.
    private var open: ArraySlice<FlexibilityCut> { report.cuts.dropFirst() }

    private func layerAxis(_ index: Int) -> Axis {
        let left = 62 + Double(index) * 474
        let most = Double(max(1, report.allLayers.layers))
        return Axis(
            -1...(most + 1), range: (left, left + 388), title: "last convolutions that can change",
            tickCount: 6)
    }

    private static func percentAxis(_ title: String) -> Axis {
        Axis(0...100, range: (bottom, top), title: title, tickCount: 5)
    }

    private func series(
        _ name: String, _ style: String, _ mark: SVG.Mark, _ y: (FlexibilityCut) -> Estimate,
        note: (FlexibilityCut) -> String
    ) -> LinePanel.Series {
        LinePanel.Series(
            name: name, style: style, mark: mark,
            points: open.map { cut in
                let estimate = y(cut)
                return LinePanel.Point(
                    x: Double(cut.layers), y: estimate.value, low: estimate.low, high: estimate.high,
                    note: "\(cut.name): \(note(cut))")
            })
    }

    private func share(
        _ name: String, _ style: String, _ mark: SVG.Mark, _ share: @escaping (FlexibilityCut) -> Double
    ) -> LinePanel.Series {
        series(name, style, mark, { Estimate(share($0) * 100) }) {
            "\(name) \(Number.percent(share($0))) %"
        }
    }

    /// Counted shares beside modelled ones, each kind in a panel of its own.
    var shares: String {
        var svg = SVG(width: 940, height: 350)
        let counted = [
            share("parameters", "s0", .circle) { $0.counted.parameterShare },
            share("multiply-accumulates", "s1", .square) { $0.counted.macShare },
        ]
        let modelled = [
            share("area", "s2", .triangle) { $0.modelled.areaShare },
            share("energy", "s1", .square) { $0.modelled.energyShare },
        ]
        for (index, panel) in [("counted", counted), ("modelled", modelled)].enumerated() {
            let x = 62 + Double(index) * 474
            LinePanel.legend(panel.1, baseline: nil, x: x, y: 16, on: &svg)
            LinePanel(
                id: "shares-\(index)", x: layerAxis(index),
                y: Self.percentAxis("can change, % (\(panel.0))"), series: panel.1, baseline: nil
            ).draw(on: &svg)
        }
        return svg.element(
            id: "shares", title: "Shares that can change",
            description:
                "Shares of parameters and multiply-accumulates, counted, beside shares of area and energy, "
                + "modelled, against the number of programmable layers; the rows are in the table below.")
    }

    /// Area with its range, and the rate of unchanged NPUs.
    var cost: String {
        var svg = SVG(width: 940, height: 350)
        let area = series("chip, placed", "s0", .circle, { $0.modelled.squareMillimetres }) {
            "\(Number.text($0.modelled.squareMillimetres.value, places: 2)) mm2"
        }
        let highest = open.map(\.modelled.squareMillimetres.high).max() ?? 1
        LinePanel.legend([area], baseline: nil, x: 62, y: 16, on: &svg)
        LinePanel(
            id: "cost-0", x: layerAxis(0),
            y: Axis(
                0...max(1, highest * 1.05), range: (Self.bottom, Self.top), title: "mm2 (modelled)",
                tickCount: 6), series: [area], baseline: nil
        ).draw(on: &svg)

        let rate = series(
            "same NPUs", "s1", .square, { Estimate(log10(max(1, $0.modelled.imagesPerSecondSameNpus))) }
        ) { "\(Number.count(Int($0.modelled.imagesPerSecondSameNpus))) images/s" }
        let logs = rate.points.map(\.y)
        let low = (logs.min() ?? 0).rounded(.down)
        let high = max(low + 1, (logs.max() ?? 1).rounded(.up))
        let ticks = stride(from: low, through: high, by: 1).map { power in
            (value: power, text: Number.count(Int(pow(10, power))))
        }
        LinePanel.legend([rate], baseline: nil, x: 62 + 474, y: 16, on: &svg)
        LinePanel(
            id: "cost-1", x: layerAxis(1),
            y: Axis(
                low...high, range: (Self.bottom, Self.top), title: "", ticks: ticks), series: [rate],
            baseline: nil
        ).draw(on: &svg)
        svg.text("images/s (modelled)", (62 + 474 + 130, 16), "legend")
        return svg.element(
            id: "cost", title: "Cost of a programmable tail",
            description:
                "Placed area of the chip, and images a second of unchanged NPUs, against the number of "
                + "programmable layers; the rows are in the table below.")
    }

    /// The measured points; `nil` without results.
    var accuracy: String? {
        guard let measured = report.measured else { return nil }
        let results = [
            ("deployed head", measured.frozen), ("new head", measured.headOnly),
            ("all layers", measured.allLayers),
        ].compactMap { name, result in result.map { (name, $0) } }
        let points = results.enumerated().map { index, named in
            let (name, result) = named
            return LinePanel.Point(
                x: Double(index), y: result.accuracy * 100, low: result.low * 100, high: result.high * 100,
                note: "\(name): \(Number.percent(result.accuracy, places: 2)) %, n = \(result.images)")
        }
        var svg = SVG(width: 940, height: 350)
        let series = LinePanel.Series(name: "top-1", style: "s0", mark: .circle, points: points)
        let most = Double(max(1, results.count - 1))
        LinePanel(
            id: "accuracy-0",
            x: Axis(
                -0.5...(most + 0.5), range: (62, 450), title: "what was trained for the task",
                ticks: results.enumerated().map { (value: Double($0.offset), text: $0.element.0) }),
            y: Self.percentAxis("correct, % (measured)"), series: [series], baseline: nil, isJoined: false
        ).draw(on: &svg)
        return svg.element(
            id: "accuracy", title: "Accuracy by what was trained",
            description: results.map { "\($0.0) \(Number.percent($0.1.accuracy, places: 2)) %" }
                .joined(separator: ", "))
    }
}
