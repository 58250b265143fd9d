import Foundation

/// The report for the terminal: tables of which each holds one kind of figure.
extension ChipSimulationReport {
    /// Lines of at most 110 columns.
    var lines: [String] {
        var lines = [heading, ""]
        lines += Format.table(rateRows) + [""]
        lines += ["simulated: share of \(Format.count(simulated.cycles)) cycles, adds up to 100 %"]
        lines += Format.table(datapathRows)
        if !simulated.npus.isEmpty { lines += [""] + Format.table(npuRows) }
        lines += [""] + Format.table(layerRows) + [""]
        lines.append(
            "modelled: at most \(Format.rate(modelled.imagesPerSecond)) images/s (least of backbone, NPUs, "
                + "credits, bandwidth); backbone latency \(modelled.backboneLatencyCycles) cycles")
        if modelled.isOverloaded {
            lines.append(
                "overloaded: more images come than pass; without a --queue the wait grows as long as they come"
            )
        }
        return lines + [""] + sharing.lines(datapaths: design.datapaths)
    }

    private var heading: String {
        let head =
            design.isHeadFrozen ? "head hardened" : "\(design.npus) NPU, S = \(design.npuCycles) cycles"
        return
            "width \(design.widthPercent), \(design.inputSize)x\(design.inputSize), \(short(design.clockMhz)) "
            + "MHz; \(design.datapaths) datapath, T = \(design.cyclesPerImage) cycles; \(head); "
            + "\(design.credits) credits"
    }

    private var rateRows: [[String]] {
        var rows = [["", "simulated"]]
        let dropped = simulated.dropped > 0 ? ", \(Format.count(simulated.dropped)) dropped" : ""
        let offered = arrivals.rate.map { " at \(Format.rate($0)) images/s" } ?? ""
        rows.append(["arrivals", arrivals.kind + offered])
        rows.append(["images", Format.count(simulated.images) + dropped])
        rows.append(["images/s", simulated.imagesPerSecond.map(Format.rate) ?? "-"])
        rows.append(["cycles an image", simulated.cyclesPerImage.map { String(format: "%.1f", $0) } ?? "-"])
        rows.append(["backbone busy", Format.percent(simulated.backboneOccupancy)])
        if !simulated.npus.isEmpty { rows.append(["NPU busy", Format.percent(simulated.npuOccupancy)]) }
        if let latency = simulated.latencyCycles {
            func text(_ cycles: Double) -> String {
                String(format: "%.0f cycles, %.2f us", cycles, cycles / design.clockMhz)
            }
            rows.append(["latency, mean", text(latency.mean)])
            rows.append(["least", text(Double(latency.least))])
            rows.append(["median", text(Double(latency.median))])
            rows.append(["90 %", text(Double(latency.p90))])
            rows.append(["99 %", text(Double(latency.p99))])
            rows.append(["most", text(Double(latency.most))])
        }
        if !simulated.npus.isEmpty { rows.append(["feature vectors waiting", waitingText]) }
        if arrivals.kind != "saturated" {
            rows.append([
                "images waiting in front",
                "most \(Format.count(simulated.queuePeak)), \(Format.count(simulated.queueAtLastArrival)) at the "
                    + "last arrival",
            ])
        }
        return rows
    }

    /// `0: 40.0 %, 1: 60.0 %`, at most six depths.
    private var waitingText: String {
        let depths = simulated.waitingFeaturesCycles
        let shown = depths.prefix(6).enumerated().map { "\($0): \(share($1, simulated.cycles))" }
        return shown.joined(separator: ", ") + (depths.count > 6 ? ", ... most \(depths.count - 1)" : "")
    }

    private var datapathRows: [[String]] {
        let head = ["datapath", "working", "no image", "bandwidth", "credit", "NPU"]
        let rows = simulated.datapaths.enumerated().map { index, unit in
            ["\(index + 1)"]
                + [
                    unit.working, unit.waitingForInput, unit.waitingForLink, unit.waitingForCredit,
                    unit.waitingForNpu,
                ].map { share($0, simulated.cycles) }
        }
        return [head] + shown(rows)
    }

    private var npuRows: [[String]] {
        let rows = simulated.npus.enumerated().map { index, unit in
            ["\(index + 1)"]
                + [unit.working, unit.waitingForFeatures, unit.waitingForInput].map {
                    share($0, simulated.cycles)
                }
        }
        return [["NPU", "working", "backbone", "no image"]] + shown(rows)
    }

    /// Layers of the same output rows together.
    private var layerRows: [[String]] {
        var rows = [["output rows", "layers", "weights", "working", "row of neighbour", "no image"]]
        let facts = layerFacts
        let all = facts.reduce(0) { $0 + $1.weights }
        for height in Set(facts.map(\.rows)).sorted(by: >) {
            let members = facts.indices.filter { facts[$0].rows == height }
            let weights = members.reduce(0) { $0 + facts[$1].weights }
            let cycles = simulated.cycles * design.datapaths * members.count
            func total(_ part: (Layer) -> Int) -> String {
                share(members.reduce(0) { $0 + part(simulated.layers[$1]) }, cycles)
            }
            rows.append([
                "\(height)", "\(members.count)", share(weights, all), total(\.working),
                total(\.waitingForRow), total(\.waitingForImage),
            ])
        }
        return rows
    }

    /// The first eight units; the rest is in the JSON.
    private func shown(_ rows: [[String]]) -> [[String]] {
        rows.count <= 8 ? rows : Array(rows.prefix(8)) + [["... \(rows.count - 8) more: --json"]]
    }

    private func share(_ part: Int, _ whole: Int) -> String {
        Format.percent(whole == 0 ? 0 : Double(part) / Double(whole))
    }

    private func short(_ value: Double) -> String { String(format: "%g", value) }
}

extension SharingReport {
    /// The proposal in words and tables.
    func lines(datapaths: Int) -> [String] {
        var lines: [String] = []
        if datapaths == 1 {
            lines.append(
                "sharing: none with one datapath; constants differ from layer to layer, and each is there once"
            )
        } else if modelled.layers.isEmpty {
            lines.append(
                "sharing: none; no layer idles long enough in \(modelled.intervalCycles) cycles for two "
                    + "datapaths, or multiplexers cost more than it saves")
        } else {
            let saved = Double(modelled.savedWeights) / Double(max(1, modelled.weights))
            let area = modelled.savedUm2.map { String(format: ", %.0f um2 of cells", $0) } ?? ""
            lines.append(
                "sharing, modelled: \(modelled.layers.count) layers; saves \(Format.count(modelled.savedWeights)) "
                    + "of \(Format.count(modelled.weights)) weights (\(Format.percent(saved)))\(area)")
            lines.append("  for \(Format.count(modelled.multiplexerBits)) bits of multiplexers")
            lines += Format.table(layerRows)
        }
        if let simulated { lines += [""] + Format.table(simulated.rows) }
        if let slower {
            lines.append(
                "slower, modelled: the NPUs are the limit; --cycles \(slower.cyclesPerImage) keeps the rate with "
                    + "\(Format.count(slower.weights)) weights,")
            lines.append("  backbone latency \(slower.backboneLatencyCycles) cycles")
        }
        return lines
    }

    /// Neighbours with the same proposal in one line.
    private var layerRows: [[String]] {
        var rows: [[String]] = []
        var last: (first: Layer, name: String, saved: Int)?
        func close() {
            guard let last else { return }
            let names = last.first.name == last.name ? last.name : "\(last.first.name) to \(last.name)"
            rows.append([
                names, "\(last.first.busyCycles)", "\(last.first.datapathsPerCopy)", "\(last.first.copies)",
                Format.count(last.saved),
            ])
        }
        for layer in modelled.layers {
            if let open = last, open.first.copies == layer.copies, open.first.busyCycles == layer.busyCycles {
                last = (open.first, layer.name, open.saved + layer.savedWeights)
            } else {
                close()
                last = (layer, layer.name, layer.savedWeights)
            }
        }
        close()
        return [["layers", "busy cycles", "datapaths a copy", "copies", "weights saved"]] + rows
    }
}

extension SharingReport.Simulated {
    fileprivate var rows: [[String]] {
        func row(_ name: String, _ side: SharingReport.Side) -> [String] {
            [
                name, String(format: "%.2f", side.cyclesPerImage), String(format: "%.0f", side.latencyCycles),
                "\(side.worstLatencyCycles)", "\(side.credits)", Format.count(side.bufferBytesPerDatapath),
            ]
        }
        return [
            [
                "simulated, saturated", "cycles an image", "latency", "worst", "credits",
                "row bytes a datapath",
            ],
            row("each its own", apart),
            row(keepsRate ? "shared, same rate" : "shared, LOSES RATE", shared),
        ]
    }
}
