import Figures

/// The sweep as one page that needs nothing else.
struct SweepPage {
    let report: SweepReport

    /// The whole document.
    var html: String {
        let closed = report.points.filter { $0.refusal == nil }
        return PageFrame.html(
            title: "Chips of backbone \(report.subject.digest.prefix(12))",
            body: """
                <h1>Which chip?</h1>
                <p class="lead">\(Number.count(report.points.count)) designs for one hardened network,
                \(Number.count(closed.count)) of which close their clock. Images a second are simulated; areas and
                energies are modelled.</p>
                <dl>
                <dt>digest of the model</dt><dd>\(report.subject.digest)</dd>
                <dt>head</dt><dd>\(Markup.escaped(report.subject.head)), \(Number.count(report.subject.classes))
                classes</dd>
                </dl>
                <section aria-labelledby="plot">
                <h2 id="plot">Rate against area and energy</h2>
                <p>A Pareto point has no rival with the same weights that is at least as fast, small and frugal,
                and better in one of them. Points of different weights differ in accuracy as well, which the
                sensitivity report measures.</p>
                <figure>
                \(closed.isEmpty ? "" : drawing(closed))</figure>
                \(table(report.points.filter(\.isPareto), "Pareto points").html())
                \(table(report.points, "All points").html(summary: "\(report.points.count) points"))
                </section>
                """)
    }

    private func drawing(_ points: [SweepPoint]) -> String {
        var svg = SVG(width: 940, height: 350)
        let most = (points.compactMap(\.simulated?.imagesPerSecond).max() ?? 1) / 1e6
        let y = Axis(
            0...max(0.01, most * 1.06), range: (300, 36), title: "million images/s (simulated)", tickCount: 6)
        let panels: [(String, (SweepPoint) -> Double)] = [
            ("mm2 placed (modelled)", { $0.modelled?.placedMm2.value ?? 0 }),
            ("uJ an image (modelled)", { $0.modelled?.microjoules.value ?? 0 }),
        ]
        for (index, (title, value)) in panels.enumerated() {
            let left = 62 + Double(index) * 474
            let largest = points.map(value).max() ?? 1
            let series = [false, true].map { isPareto in
                LinePanel.Series(
                    name: isPareto ? "Pareto points" : "other points", style: isPareto ? "s1" : "s0",
                    mark: isPareto ? .square : .circle,
                    points: points.filter { $0.isPareto == isPareto }.map { point in
                        let rate = (point.simulated?.imagesPerSecond ?? 0) / 1e6
                        return LinePanel.Point(
                            x: value(point), y: rate, low: rate, high: rate,
                            note: "#\(point.number): \(Self.design(point)), \(point.weights.treatment)")
                    })
            }
            if index == 0 { LinePanel.legend(series, baseline: nil, x: 62, y: 16, on: &svg) }
            LinePanel(
                id: "sweep-\(index)",
                x: Axis(
                    0...max(0.1, largest * 1.06), range: (left, left + 388), title: title, tickCount: 6),
                y: y, series: series, isJoined: false, isSpread: false
            ).draw(on: &svg)
        }
        return svg.element(
            id: "sweep", title: "Rate against area and energy",
            description: "Simulated images a second of each design against its modelled area and energy.")
    }

    /// A design in a few words.
    private static func design(_ point: SweepPoint) -> String {
        let head = point.isHeadFrozen ? "hardened head" : "\(point.npus) x \(point.npuMacs) MACs"
        return "\(SweepReport.short(point.clock)) MHz, \(point.cyclesPerImage) cycles, "
            + "\(point.datapaths) \(point.datapaths == 1 ? "datapath" : "datapaths"), \(head)"
    }

    private func table(_ points: [SweepPoint], _ caption: String) -> ReportTable {
        ReportTable(
            caption: caption,
            header: [
                "point", "design", "weights", "images/s (simulated)", "limit (simulated)", "adders (counted)",
                "mm2 placed (modelled)", "uJ an image (modelled)", "W (modelled)", "command",
            ],
            rows: points.map { point in
                let name = "#\(point.number)\(point.isPareto ? " *" : "")"
                let start = [name, Self.design(point), point.weights.treatment]
                guard let cycles = point.simulated, let cells = point.counted, let model = point.modelled
                else {
                    return start + ["refused", point.refusal ?? "", "", "", "", "", point.command]
                }
                return start + [
                    Number.count(Int(cycles.imagesPerSecond.rounded())), cycles.bottleneck.phrase,
                    Number.count(cells.adders), Self.range(model.placedMm2), Self.range(model.microjoules),
                    Number.text(model.watts.value, places: 1), point.command,
                ]
            })
    }

    private static func range(_ estimate: Estimate) -> String {
        "\(Number.text(estimate.value, places: 2)) (\(Number.text(estimate.low, places: 2)) to "
            + "\(Number.text(estimate.high, places: 2)))"
    }
}

extension SweepReport {
    /// The sweep as one self-contained page; the same sweep gives the same bytes.
    public var html: String { SweepPage(report: self).html }
}
