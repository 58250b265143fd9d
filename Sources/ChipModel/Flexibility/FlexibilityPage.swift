import Figures

/// The report as one page that needs nothing else: no scripts, no fonts, no network.
struct FlexibilityPage {
    let report: FlexibilityReport

    /// The whole document.
    var html: String {
        PageFrame.html(
            title: "Flexibility of backbone \(report.subject.digest.prefix(12))",
            body: """
                <h1>How much may still change?</h1>
                <p class="lead">What stays flexible after deployment, and what that costs: a hardened MobileNetV2
                with its head frozen, with its head programmable, and with its last layers programmable.</p>
                \(facts)
                <h2 id="findings">Findings</h2>
                <ul>
                \(report.findings.map { "<li>\(Markup.escaped($0))</li>" }.joined(separator: "\n"))
                </ul>
                \(figures.map(section).joined(separator: "\n"))
                \(table)
                \(method)
                """)
    }

    private var figures: [(id: String, heading: String, text: String, drawing: String)] {
        let figures = FlexibilityFigures(report: report)
        var all = [
            (
                "shares", "What can change, and what it takes",
                "Left: counted in the network. Right: modelled, with NPUs wide enough to keep the design's rate. "
                    + "The steps are the last layers: they hold most of the weights, the first ones most of the "
                    + "work.",
                figures.shares
            ),
            (
                "cost", "What a programmable tail costs",
                "Modelled. Left: the chip with NPUs wide enough to keep the rate; bars are the ranges of the "
                    + "constants. Right: the rate where the NPUs stay as designed.",
                figures.cost
            ),
        ]
        if let accuracy = figures.accuracy {
            all.append(
                (
                    "accuracy", "What it gives back",
                    "Measured, first answers on the same images, with Wilson 95 % intervals. Between the points "
                        + "nothing was measured, so nothing is drawn.", accuracy
                ))
        }
        return all.map { (id: $0.0, heading: $0.1, text: $0.2, drawing: $0.3) }
    }

    private func section(_ figure: (id: String, heading: String, text: String, drawing: String)) -> String {
        """
        <section aria-labelledby="\(figure.id)-heading">
        <h2 id="\(figure.id)-heading">\(Markup.escaped(figure.heading))</h2>
        <p>\(Markup.escaped(figure.text))</p>
        <figure>
        \(figure.drawing)</figure>
        </section>
        """
    }

    private var facts: String {
        let (subject, design) = (report.subject, report.design)
        var rows = [
            ("model", subject.description),
            (
                "network",
                "MobileNetV2, width \(Number.text(Double(subject.widthPercent) / 100, places: 2)), "
                    + "\(subject.inputSize)x\(subject.inputSize)x3"
            ),
            ("digest of the model", subject.digest),
            ("head", "\(subject.head), \(Number.count(subject.classes)) classes"),
            (
                "design",
                "\(Number.text(design.clock, places: 0)) MHz, \(Number.count(design.cyclesPerImage)) cycles an "
                    + "image, \(design.datapaths) x backbone, \(design.npus) x "
                    + "\(Number.count(design.npuMacs)) MACs"
            ),
        ]
        if let measured = report.measured {
            let results = [
                ("deployed head", measured.frozen), ("new head", measured.headOnly),
                ("all layers", measured.allLayers),
            ]
            for (name, result) in results {
                guard let result else { continue }
                rows.append((name, "\(result.file): \(result.head) on \(result.data)"))
            }
        }
        let cells = rows.map { "<dt>\($0.0)</dt><dd>\(Markup.escaped($0.1))</dd>" }
        return "<dl>\n" + cells.joined(separator: "\n") + "\n</dl>"
    }

    private var table: String {
        let header = [
            "can change", "first layer", "parameters, % (counted)", "MACs, % (counted)", "classes (counted)",
            "images/s, same NPUs (modelled)", "MACs that keep the rate (modelled)", "mm2 placed (modelled)",
            "area, % (modelled)", "uJ (modelled)", "energy, % (modelled)", "top-1, % (measured)",
        ]
        let lines = report.cuts.map { cut in
            let (counted, modelled) = (cut.counted, cut.modelled)
            let (area, energy) = (modelled.squareMillimetres, modelled.microjoules)
            let cells = [
                cut.name, cut.firstLayer ?? "", Number.percent(counted.parameterShare),
                Number.percent(counted.macShare), Number.count(counted.classes),
                Number.count(Int(modelled.imagesPerSecondSameNpus.rounded())), Number.count(modelled.npuMacs),
                Self.range(area), Number.percent(modelled.areaShare), Self.range(energy),
                Number.percent(modelled.energyShare),
                report.result(of: cut).map { Number.percent($0.accuracy, places: 2) } ?? "",
            ]
            return "<tr>" + cells.map { "<td>\(Markup.escaped($0))</td>" }.joined() + "</tr>"
        }
        return """
            <details><summary>\(report.cuts.count) cuts</summary>
            <div class="scroll"><table>
            <thead><tr>\(header.map { "<th scope=\"col\">\($0)</th>" }.joined())</tr></thead>
            <tbody>
            \(lines.joined(separator: "\n"))
            </tbody>
            </table></div></details>
            """
    }

    private static func range(_ estimate: Estimate) -> String {
        "\(Number.text(estimate.value, places: 2)) (\(Number.text(estimate.low, places: 2)) to "
            + "\(Number.text(estimate.high, places: 2)))"
    }

    private var method: String {
        """
        <section aria-labelledby="method">
        <h2 id="method">How this was worked out</h2>
        <p>After \(Markup.escaped(report.formalism)). That formalism asks how many mappings of a layer a machine
        supports along tiling, order, parallelism and shape; a hardened layer supports one along each. Here the
        question is how much of the network is bound so: shares are of weights, not of mappings. Programmable layers
        are int8, in two SRAM banks so that new weights can be written while the old ones work; every weight is read
        once a row (once an image at the favourable end) and every MAC is taken as busy, so their cost is the least
        that it can be. The rows in front of a layer stay. Place and route was not run.</p>
        </section>
        """
    }
}

extension FlexibilityReport {
    /// The report as one self-contained page; equal reports give equal bytes.
    public var html: String { FlexibilityPage(report: self).html }
}
