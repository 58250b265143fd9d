import Figures

/// The report as one page that needs nothing else.
struct ChipPage {
    let report: ChipReport

    /// The whole document.
    var html: String {
        PageFrame.html(
            title: "Chip of backbone \(report.subject.digest.prefix(12))",
            body: """
                <h1>What the network costs as a chip</h1>
                <p class="lead">The hardened MobileNetV2 of this artefact as hardware: counted in its own weights,
                simulated by rows, with areas and clocks by laws of cells synthesised for ASAP7, a predictive
                7 nm library.</p>
                \(facts)
                <h2 id="findings">Findings</h2>
                <ul>
                \(report.findings.map { "<li>\(Markup.escaped($0))</li>" }.joined(separator: "\n"))
                </ul>
                \(section("area", "Where the area goes", Self.areaText, AreaWaterfall(report: report).drawing, totals))
                \(section("layers", "Layer by layer", layerText, LayerBars(report: report).drawing, layerTables))
                \(accuracy)
                \(method)
                """)
    }

    private static let areaText =
        "Cells of adders and flip-flops follow laws of synthesised cells; multiplexers, the room between cells, "
        + "NPU and SRAM are estimates, and so is every sum that holds one. The line at the last bar is the range."

    private var layerText: String {
        let idle = report.layers.filter { $0.simulated.utilisation < 0.5 }
        let share =
            idle.reduce(0) { $0 + $1.modelled.placedMm2.value }
            / max(1e-9, report.layers.reduce(0) { $0 + $1.modelled.placedMm2.value })
        return "A layer is built wide enough to keep up with one image every "
            + "\(Number.count(report.design.cyclesPerImage)) cycles. \(idle.count) layers work less than half of "
            + "the time; they hold \(Number.percent(share, places: 0)) % of the area of all layers."
    }

    private var facts: String {
        let subject = report.subject
        let rows = [
            ("model", subject.description),
            (
                "network",
                "MobileNetV2, width \(Number.text(Double(subject.widthPercent) / 100, places: 2)), "
                    + "\(subject.inputSize)x\(subject.inputSize)x3, \(subject.treatment)"
            ),
            ("digest of the model", subject.digest),
            ("head", "\(subject.head), \(Number.count(subject.classes)) classes"),
            ("design", String(report.designLine.dropFirst("design: ".count))),
        ]
        return "<dl>\n"
            + rows.map { "<dt>\($0.0)</dt><dd>\(Markup.escaped($0.1))</dd>" }.joined(separator: "\n")
            + "\n</dl>"
    }

    private func section(
        _ id: String, _ title: String, _ text: String, _ drawing: String, _ tables: String
    )
        -> String
    {
        """
        <section aria-labelledby="\(id)-heading">
        <h2 id="\(id)-heading">\(Markup.escaped(title))</h2>
        <p>\(Markup.escaped(text))</p>
        <figure>
        \(drawing)</figure>
        \(tables)
        </section>
        """
    }

    private var accuracy: String {
        guard !report.accuracy.isEmpty else { return "" }
        return section(
            "accuracy", "What accuracy the area buys",
            "Accuracy is measured, by the sensitivity report, on the artefacts made coarser; areas are modelled "
                + "for this design with the weights that each of them has left. Bars are 95 % intervals.",
            AccuracyFigure(points: report.accuracy).drawing, "")
    }

    private var method: String {
        let constants = ReportTable(
            caption: "Constants", header: ["constant", "unit", "low", "default", "high", "kind", "source"],
            rows: report.constants.map { constant in
                let range = constant.estimate
                return [constant.name, constant.unit]
                    + [range.low, range.value, range.high].map { Number.text($0, places: 4) }
                    + [constant.kind.label, constant.source]
            })
        return """
            <section aria-labelledby="method">
            <h2 id="method">How this was worked out</h2>
            <p>Counted: adders and flip-flops of the trees that the artefact's own weights give. Simulated: the row
            schedule and the credits. Synthesised law: areas and clocks by laws fitted on neurons and layers
            synthesised for ASAP7 (predictive), within 3 % of a network and 7 % of a layer. Modelled: whatever
            rests on an estimate. Place and route was not run, and wires are the real risk: the clock is closed
            with \(report.design.wireMicrometres) um of wire a segment and no buffers. Only 1.21 M and 4 M images/s
            are published figures (arXiv 2512.12847); the presets' clock and NPU width are fits to them.</p>
            \(constants.html(summary: "\(constants.rows.count) constants with their ranges"))
            </section>
            """
    }
}

extension ChipReport {
    /// The report as one self-contained page; the same report gives the same bytes.
    public var html: String { ChipPage(report: self).html }
}
