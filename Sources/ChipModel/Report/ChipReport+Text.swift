import Figures

extension ChipReport {
    /// The report for a terminal, in at most 110 columns.
    public var lines: [String] {
        [heading, designLine, ""] + layerTable + [""] + rates + [""] + counts + [""] + areas + [""] + notes
    }

    private var heading: String {
        "chip of \(subject.digest.prefix(12)), MobileNetV2 "
            + "\(Number.text(Double(subject.widthPercent) / 100, places: 2)) at "
            + "\(subject.inputSize)x\(subject.inputSize), \(subject.treatment), \(Number.count(subject.classes)) classes"
    }

    /// The design in a sentence.
    var designLine: String {
        let depth =
            design.depthMin == design.depthMax
            ? "\(design.depthMin) stages a layer" : "\(design.depthMin) to \(design.depthMax) stages a layer"
        let head =
            design.isHeadFrozen
            ? "hardened head"
            : "\(design.npus) \(design.npus == 1 ? "NPU" : "NPUs") of \(Number.count(design.npuMacs)) MACs"
        return "design: \(Number.text(design.clock, places: 0)) MHz, "
            + "\(Number.count(design.cyclesPerImage)) cycles an image, \(design.datapaths) "
            + "\(design.datapaths == 1 ? "datapath" : "datapaths"), \(head), \(depth), "
            + "\(design.wireMicrometres) um of wire"
    }

    private var layerTable: [String] {
        GroupedTable(
            groups: [
                .init(title: "", columns: ["layer"]),
                .init(title: "simulated", columns: ["lanes", "row", "busy", "util%", "D", "bytes"]),
                .init(title: "counted", columns: ["adders", "full", "half", "flops"]),
                .init(title: "synth. law, mm2", columns: ["add", "flop"]),
                .init(title: "modelled", columns: ["cells", "placed", "nJ"]),
            ],
            rows: layers.map { row in
                let (cycles, cells) = (row.simulated, row.counted)
                return [
                    row.name, "\(cycles.lanes)", "\(cycles.cyclesPerRow)", "\(cycles.busyCycles)",
                    Number.percent(cycles.utilisation), "\(cycles.depth)",
                    "\(cycles.bufferBytes + cycles.residualBytes)", "\(cells.adders)", "\(cells.fullAdders)",
                    "\(cells.halfAdders)", "\(cells.flipFlops.total)",
                    Number.text(row.synthesisedLaw.adderMm2.value, places: 3),
                    Number.text(row.synthesisedLaw.flipFlopMm2.value, places: 3),
                    Number.text(row.modelled.cellMm2.value, places: 3),
                    Number.text(row.modelled.placedMm2.value, places: 3),
                    Number.text(row.modelled.microjoules.value * 1_000, places: 1),
                ]
            }
        ).lines
    }

    private var rates: [String] {
        let cycles = simulated
        let nanoseconds = Double(cycles.latencyCycles) / design.clock * 1_000
        var lines = ["SIMULATED (row schedule and credits)"]
        if !design.isHeadFrozen {
            lines.append(
                "  images/s, programmable head  \(ratio(cycles.imagesPerSecond, published.programmableImagesPerSecond))"
            )
        }
        lines.append(
            "  images/s, fully hardened     \(ratio(cycles.hardenedImagesPerSecond, published.hardenedImagesPerSecond))"
        )
        lines.append("  bottleneck                   \(bottleneckSentence)")
        lines.append(
            "  latency of the backbone      \(Number.count(cycles.latencyCycles)) cycles, "
                + "\(Number.count(Int(nanoseconds.rounded()))) ns; NPU \(Number.count(cycles.npuCycles)) cycles; "
                + "\(cycles.credits) credits of \(cycles.fullRateCredits) for the full rate")
        return lines
    }

    private func ratio(_ rate: Double, _ published: Double) -> String {
        "\(Number.count(Int(rate.rounded()))), \(Number.text(rate / published, places: 2)) of the published "
            + "\(Number.text(published / 1e6, places: 2)) M"
    }

    /// What limits the rate, and how busy the parts are.
    var bottleneckSentence: String {
        let npu = design.isHeadFrozen ? "" : ", NPUs busy \(Number.percent(simulated.npuBusy)) %"
        return simulated.bottleneck.phrase
            + " (backbone busy \(Number.percent(simulated.backboneBusy)) %\(npu))"
    }

    private var counts: [String] {
        let flops = counted.flipFlops
        var lines = [
            "COUNTED in the artefact's weights",
            "  adders (non-zero weights)    \(Number.count(counted.adders)): "
                + "\(Number.count(counted.fullAdders)) full adders, \(Number.count(counted.halfAdders)) half",
            "  flip-flops                   \(Number.count(flops.total)): cut \(Number.count(flops.cut)), output "
                + "\(Number.count(flops.output)), input \(Number.count(flops.input)), rows "
                + "\(Number.count(flops.buffers))",
        ]
        if design.isHeadFrozen {
            let kind = subject.isHeadCounted ? "counted" : "ASSUMED: int8 weights equally likely; give --head"
            lines.append("  adders of the head           \(Number.count(counted.headAdders)) (\(kind))")
        }
        return lines
    }

    private var areas: [String] {
        let law = synthesisedLaw
        var lines = ["SYNTHESISED LAW, ASAP7 (predictive): mm2 of cells       low  default     high"]
        lines += [("adders", law.adderMm2), ("flip-flops", law.flipFlopMm2)].map(Self.range)
        lines.append(
            "  slowest layer                \(law.slowestLayer), \(Number.text(law.slowestClockMhz, places: 0)) MHz"
                + (law.layersCutTwice == 0 ? "" : "; \(law.layersCutTwice) layers cut twice"))
        lines.append("")
        lines.append("MODELLED                                                low  default     high")
        lines += modelledRows.map(Self.range)
        let hot = modelled.isHot ? ": ABOVE 1 W/mm2, cooling decides" : ""
        lines.append(
            "  power density                \(Number.text(modelled.wattsPerMm2, places: 2)) W/mm2\(hot)")
        return lines
    }

    /// The modelled totals with their units.
    var modelledRows: [(String, Estimate)] {
        var rows = [
            ("multiplexers, buffers, mm2 of cells", modelled.selectionMm2),
            ("logic of the datapaths, mm2 of cells", modelled.logicMm2),
            ("datapaths, mm2 placed", modelled.datapathPlacedMm2),
        ]
        rows +=
            design.isHeadFrozen
            ? [("hardened head, mm2 placed", modelled.hardenedHeadPlacedMm2)]
            : [("NPU, mm2 placed", modelled.npuPlacedMm2), ("head SRAM, mm2 placed", modelled.sramPlacedMm2)]
        return rows + [
            ("chip, mm2 placed", modelled.placedMm2),
            ("hardened layers, uJ an image", modelled.backboneMicrojoules),
            ("head, uJ an image", modelled.headMicrojoules), ("chip, uJ an image", modelled.microjoules),
            ("power, W", modelled.watts),
        ]
    }

    private static func range(_ name: String, _ estimate: Estimate) -> String {
        let label = "  " + name + String(repeating: " ", count: max(1, 49 - name.count))
        return label
            + [estimate.low, estimate.value, estimate.high].map { value in
                let text = Number.text(value, places: 3)
                return String(repeating: " ", count: max(0, 8 - text.count)) + text
            }.joined(separator: " ")
    }

    private var notes: [String] {
        [
            "The presets' clock and NPU width are fits to the two published rates, which are all that is the paper's.",
            "Place and route was not run: placed areas rest on an estimated utilisation of 0.60 (0.35 to 0.70).",
        ]
    }
}
