import Figures

extension ChipPage {
    /// The totals, a table for each kind.
    var totals: String {
        let (law, cells, cycles) = (report.synthesisedLaw, report.counted, report.simulated)
        let counts = ReportTable(
            caption: "Counted", header: ["figure", "count"],
            rows: [
                ("adders: non-zero weights in silicon", cells.adders), ("full adders", cells.fullAdders),
                ("half adders", cells.halfAdders), ("flip-flops at the cut", cells.flipFlops.cut),
                ("flip-flops of output pixels", cells.flipFlops.output),
                ("flip-flops of input stages", cells.flipFlops.input),
                ("flip-flops of rows", cells.flipFlops.buffers),
                ("adders of a hardened head", cells.headAdders),
            ].map { [$0.0, Number.count($0.1)] })
        let rates = ReportTable(
            caption: "Simulated", header: ["figure", "value"],
            rows: [
                ["images/s of this design", Number.count(Int(cycles.imagesPerSecond.rounded()))],
                ["images/s fully hardened", Number.count(Int(cycles.hardenedImagesPerSecond.rounded()))],
                ["latency of the backbone, cycles", Number.count(cycles.latencyCycles)],
                ["NPU, cycles an image", Number.count(cycles.npuCycles)],
                ["credits", "\(cycles.credits) (full rate: \(cycles.fullRateCredits))"],
                ["backbone busy, %", Number.percent(cycles.backboneBusy)],
                ["NPUs busy, %", Number.percent(cycles.npuBusy)],
            ])
        return [
            rates.html(), counts.html(),
            ReportTable.ranges(
                "Synthesised law, ASAP7 (predictive)",
                [("adders, mm2 of cells", law.adderMm2), ("flip-flops, mm2 of cells", law.flipFlopMm2)]
            ).html(),
            ReportTable.ranges("Modelled", report.modelledRows).html(),
        ].joined(separator: "\n")
    }

    /// The layers, a table for each kind.
    var layerTables: String {
        let rows = report.layers
        func table(_ kind: FigureKind, _ header: [String], _ cells: (LayerRow) -> [String]) -> String {
            ReportTable(
                caption: kind.label, header: ["layer"] + header, rows: rows.map { [$0.name] + cells($0) }
            ).html(summary: "\(rows.count) layers, \(kind.label)")
        }
        return [
            table(
                .simulated,
                [
                    "lanes", "cycles a row", "busy cycles", "utilisation, %", "stages", "row bytes",
                    "residual bytes",
                ]
            ) {
                let cycles = $0.simulated
                return [
                    Number.count(cycles.lanes), Number.count(cycles.cyclesPerRow),
                    Number.count(cycles.busyCycles), Number.percent(cycles.utilisation), "\(cycles.depth)",
                    Number.count(cycles.bufferBytes), Number.count(cycles.residualBytes),
                ]
            },
            table(
                .counted,
                ["adders", "full adders", "half adders", "flip-flops: cut", "output", "input", "rows"]
            ) {
                let cells = $0.counted
                return [
                    cells.adders, cells.fullAdders, cells.halfAdders, cells.flipFlops.cut,
                    cells.flipFlops.output, cells.flipFlops.input, cells.flipFlops.buffers,
                ].map(Number.count)
            },
            table(.synthesisedLaw, ["adders, mm2", "flip-flops, mm2", "closes, MHz"]) {
                [
                    Number.text($0.synthesisedLaw.adderMm2.value, places: 4),
                    Number.text($0.synthesisedLaw.flipFlopMm2.value, places: 4),
                    Number.text($0.synthesisedLaw.clockMhz, places: 0),
                ]
            },
            table(.modelled, ["cells, mm2", "placed, mm2", "placed, low to high", "nJ an image"]) {
                let model = $0.modelled
                return [
                    Number.text(model.cellMm2.value, places: 4),
                    Number.text(model.placedMm2.value, places: 4),
                    "\(Number.text(model.placedMm2.low, places: 4)) to "
                        + "\(Number.text(model.placedMm2.high, places: 4))",
                    Number.text(model.microjoules.value * 1_000, places: 1),
                ]
            },
        ].joined(separator: "\n")
    }
}
