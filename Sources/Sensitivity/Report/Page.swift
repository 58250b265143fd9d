import Figures

/// The report as one page that needs nothing else: no scripts, no fonts, no network.
struct Page {
    let report: SensitivityReport

    /// The whole document.
    var html: String {
        let figures = figures
        return PageFrame.html(
            title: "Sensitivity of backbone \(report.subject.digest.prefix(12))",
            body: """
                <h1>How coarse may the network be?</h1>
                <p class="lead">Sensitivity of a hardened MobileNetV2 to fewer exponents, fewer activation bits
                and fewer weights. Integers to integers, without training.</p>
                \(facts)
                <h2 id="findings">Findings</h2>
                <ul>
                \(report.findings.map { "<li>\(Markup.escaped($0))</li>" }.joined(separator: "\n"))
                </ul>
                \(figures.map(section).joined(separator: "\n"))
                \(method)
                """)
    }

    private var figures: [Figure] {
        let maker = FigureMaker(report: report)
        var figures = [maker.exponents(), maker.activationBits(), maker.pruning(), maker.adders()]
        figures.append(
            maker.categories(
                .commonExponent, id: "common", heading: "One exponent for a channel or for a layer",
                text:
                    "An exponent per channel is a shift per channel, which is wiring. With one for a whole "
                    + "layer, channels with small weights have fewer magnitudes left, and the smallest vanish.",
                names: [
                    "": "one per channel", "pointwise": "one per 1x1 layer", "everywhere": "one per layer",
                ]))
        if report.rows.contains(where: { $0.study == .compared }) {
            figures.append(
                maker.categories(
                    .compared, id: "compared", heading: "Other artefacts",
                    text: "Other hardened artefacts on the same images, each as it is.",
                    names: ["": "this one"]))
        }
        figures.append(maker.layers())
        return figures
    }

    private var facts: String {
        let subject = report.subject
        var rows = [
            ("model", "\(subject.description)"),
            (
                "network",
                "MobileNetV2, width \(Number.text(Double(subject.widthPercent) / 100, places: 2)), "
                    + "\(subject.inputSize)x\(subject.inputSize)x3, \(Number.count(subject.weights)) weights"
            ),
            ("digest of the model", subject.digest),
            ("head", "\(subject.head), \(subject.classes) classes"),
            ("digest of the head", subject.headDigest),
            ("preprocessing", subject.preprocessing),
            ("test images", images(report.test)),
            ("calibration images", images(report.calibration)),
        ]
        if let refit = report.refit { rows.append(("images for new heads", images(refit))) }
        let cells = rows.map { "<dt>\($0.0)</dt><dd>\(Markup.escaped($0.1))</dd>" }
        return "<dl>\n" + cells.joined(separator: "\n") + "\n</dl>"
    }

    private func images(_ images: SensitivityReport.Images) -> String {
        let foreign =
            images.foreign == 0
            ? "" : ", \(Number.count(images.foreign)) of other classes left out"
        return "\(Number.count(images.images))\(foreign), digest \(images.digest)"
    }

    private func section(_ figure: Figure) -> String {
        """
        <section aria-labelledby="\(figure.id)-heading">
        <h2 id="\(figure.id)-heading">\(Markup.escaped(figure.heading))</h2>
        <p>\(Markup.escaped(figure.text))</p>
        <figure>
        \(figure.drawing)</figure>
        \(table(figure.rows))</section>
        """
    }

    private func table(_ rows: [ReportRow]) -> String {
        guard !rows.isEmpty else { return "" }
        let header = [
            "setting", "treatment", "correct, % (95 % interval)", "n", "change, points (paired interval)",
            "same answer, %", "zeros, %", "full adders (modelled)",
        ]
        let lines = rows.map { row in
            let cells = [
                row.setting, FigureMaker.look(row.treatment).name,
                Number.percent(row.accuracy, places: 2)
                    + " (\(Number.percent(row.accuracyLow, places: 2)) to "
                    + "\(Number.percent(row.accuracyHigh, places: 2)))",
                Number.count(row.images),
                Number.points(row.change)
                    + " (\(Number.points(row.changeLow)) to \(Number.points(row.changeHigh)))",
                Number.percent(row.agreement), Number.percent(row.zeroShare),
                Number.count(row.fullAddersModelled),
            ]
            return "<tr>" + cells.map { "<td>\(Markup.escaped($0))</td>" }.joined() + "</tr>"
        }
        return """
            <details><summary>\(rows.count) \(rows.count == 1 ? "row" : "rows")</summary>
            <div class="scroll"><table>
            <thead><tr>\(header.map { "<th scope=\"col\">\($0)</th>" }.joined())</tr></thead>
            <tbody>
            \(lines.joined(separator: "\n"))
            </tbody>
            </table></div></details>

            """
    }

    private var method: String {
        """
        <section aria-labelledby="method">
        <h2 id="method">How this was measured</h2>
        <p>Accuracy is the first answer of the integer datapath, which equals the normative reference to the
        bit on every machine. Bars of accuracies are Wilson 95 % intervals; changes are against the undegraded
        artefact on the same images, with paired intervals (Agresti and Min). The degraded artefacts see no
        test image: biases are corrected from means over calibration images, layer by layer on inputs that
        are degraded already, and new heads are fitted in closed form. Full adders are modelled; everything
        else is measured.</p>
        </section>
        """
    }
}

extension SensitivityReport {
    /// What the figures come to, one sentence each.
    public var findings: [String] { Findings(report: self).sentences }

    /// The report as one self-contained page.
    public var html: String { Page(report: self).html }
}
