import ClassifierHead
import Figures

extension FlexibilityReport {
    /// The report for a terminal, in at most 110 columns; cuts inside of blocks are left to CSV and JSON.
    public var lines: [String] {
        [
            "flexibility of \(subject.digest.prefix(12)), MobileNetV2 "
                + "\(Number.text(Double(subject.widthPercent) / 100, places: 2)) at "
                + "\(subject.inputSize)x\(subject.inputSize), \(Number.count(subject.classes)) classes",
            "design: \(Number.text(design.clock, places: 0)) MHz, \(Number.count(design.cyclesPerImage)) cycles an "
                + "image, \(design.datapaths) x backbone, \(design.npus) x \(Number.count(design.npuMacs)) MACs",
            "",
        ] + table + [""] + findings.flatMap(Self.wrapped) + [""] + notes
    }

    private var table: [String] {
        GroupedTable(
            groups: [
                .init(title: "", columns: ["can change"]),
                .init(title: "counted, can change", columns: ["params%", "MACs%", "classes"]),
                .init(title: "modelled, same NPUs", columns: ["images/s"]),
                .init(
                    title: "modelled, NPUs that keep the rate",
                    columns: ["images/s", "MACs", "mm2", "area%", "uJ", "energy%"]),
                .init(title: "measured", columns: ["top-1%"]),
            ],
            rows: blockCuts.map { cut in
                let (counted, modelled) = (cut.counted, cut.modelled)
                return [
                    cut.name, Number.percent(counted.parameterShare), Number.percent(counted.macShare),
                    Number.count(counted.classes),
                    Number.count(Int(modelled.imagesPerSecondSameNpus.rounded())),
                    Number.count(Int(modelled.imagesPerSecond.rounded())), Number.count(modelled.npuMacs),
                    Number.text(modelled.squareMillimetres.value, places: 2),
                    Number.percent(modelled.areaShare),
                    Number.text(modelled.microjoules.value, places: 2), Number.percent(modelled.energyShare),
                    result(of: cut).map { Number.percent($0.accuracy, places: 2) } ?? "-",
                ]
            }
        ).lines
    }

    /// A sentence as an item of a list, in lines of at most 100 columns.
    private static func wrapped(_ sentence: String) -> [String] {
        var lines: [String] = []
        var line = "-"
        for word in sentence.split(separator: " ") {
            if line.count + word.count >= 100 {
                lines.append(line)
                line = " "
            }
            line += " " + word
        }
        return lines + [line]
    }

    /// What the cuts come to, one sentence each; every figure with its kind.
    public var findings: [String] {
        let (frozen, head, all) = (cuts[0], headOnly, allLayers)
        var sentences = [
            "Counted: a programmable head can change \(Number.percent(head.counted.parameterShare)) % of the "
                + "parameters and \(Number.percent(head.counted.macShare, places: 2)) % of the "
                + "multiply-accumulates.",
            "Modelled: it takes \(Number.percent(head.modelled.areaShare)) % of the area and "
                + "\(Number.percent(head.modelled.energyShare)) % of the energy, and the chip gives "
                + "\(Number.count(Int(head.modelled.imagesPerSecond.rounded()))) instead of "
                + "\(Number.count(Int(frozen.modelled.imagesPerSecond))) images/s.",
            "Modelled: with every layer programmable the same NPUs give "
                + "\(Number.count(Int(all.modelled.imagesPerSecondSameNpus))) images/s; to keep the rate takes "
                + "\(Number.count(all.modelled.npuMacs)) MACs and "
                + "\(range(all.modelled.squareMillimetres)) mm2 instead of "
                + "\(range(head.modelled.squareMillimetres)), and \(range(all.modelled.microjoules)) uJ instead of "
                + "\(range(head.modelled.microjoules)).",
        ]
        guard let measured else { return sentences }
        if let byHead = measured.byHead {
            sentences.append(
                "Measured: a new head changes top-1 by \(points(byHead)) points against the deployed one.")
        }
        sentences.append(
            "Measured: all layers change top-1 by \(points(measured.beyondHead)) points beyond a new head"
                + " (n = \(Number.count(measured.headOnly.images))).")
        if let share = measured.shareByHead {
            sentences.append(
                "Measured: the head alone gives back \(Number.percent(share, places: 0)) % of what all layers give."
            )
        }
        return sentences
    }

    private func range(_ estimate: Estimate) -> String {
        "\(Number.text(estimate.value, places: 1)) (\(Number.text(estimate.low, places: 1)) to "
            + "\(Number.text(estimate.high, places: 1)))"
    }

    private func points(_ change: RecoveredAccuracy.Change) -> String {
        "\(Number.points(change.value)) (\(Number.points(change.low)) to \(Number.points(change.high)))"
    }

    /// What the figures rest on.
    var notes: [String] {
        [
            "Programmable layers are int8 in two SRAM banks, every MAC busy: the least that they cost.",
            "Shares are of weights, after the formalism of Kao et al. (arXiv 2206.02987), not its flexion.",
        ]
    }
}
