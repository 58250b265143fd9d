import Figures

extension FigureMaker {
    /// Accuracy against the number of exponents of a channel.
    func exponents() -> Figure {
        let series = series(.exponents, baselineLast: true) {
            Double($0.setting) ?? 7
        } setting: {
            $0.setting.isEmpty ? "7 exponents" : "\($0.setting) exponents"
        }
        let drawing = panels(
            id: "exponents", title: "Accuracy against the number of exponents",
            description:
                "Share of correct answers when every output channel may use at most 1 to 7 magnitudes.",
            series: series
        ) { range in
            Axis(
                0.5...7.5, range: range, title: "exponents of a channel",
                ticks: (1...7).map { (Double($0), String($0)) })
        }
        return Figure(
            id: "exponents", heading: "Number of exponents",
            text: """
                Every output channel keeps the neighbouring magnitudes that fit its weights best; \
                others go to the nearest of them or to zero. Seven is the artefact as it is. Fewer \
                exponents mean fewer weights that are not zero, narrower accumulators and fewer \
                adders.
                """,
            drawing: drawing, rows: report.rows.filter { $0.study == .exponents })
    }

    /// Accuracy against the bits of activations.
    func activationBits() -> Figure {
        let series = series(.activationBits, baselineLast: true) {
            Double($0.setting) ?? 8
        } setting: {
            $0.setting.isEmpty ? "8 bits" : "\($0.setting) bits"
        }
        let drawing = panels(
            id: "bits", title: "Accuracy against activation bits",
            description: "Share of correct answers when the output of every layer is rounded to 4 to 8 bits.",
            series: series
        ) { range in
            Axis(
                3.6...8.4, range: range, title: "bits of every layer's output",
                ticks: (4...8).map { (Double($0), String($0)) })
        }
        return Figure(
            id: "bits", heading: "Activation bits",
            text: """
                The output of each of the \(layerCount) layers is rounded to fewer bits at the same \
                scale. The image and the pooled features keep eight.
                """,
            drawing: drawing, rows: report.rows.filter { $0.study == .activationBits })
    }

    /// Accuracy against the share of zeros.
    func pruning() -> Figure {
        let series = series(.pruning, baselineLast: false) {
            $0.zeroShare * 100
        } setting: {
            "\(Number.percent($0.zeroShare)) % zeros"
        }
        let drawing = panels(
            id: "pruning", title: "Accuracy against pruning",
            description:
                "Share of correct answers when the smallest weights of the 1x1 layers are set to zero.",
            series: series
        ) { Axis(0...100, range: $0, title: "weights that are zero, % of all", tickCount: 10) }
        return Figure(
            id: "pruning", heading: "Pruning, without training",
            text: """
                The smallest weights of all 1x1 layers together, each measured against the root mean \
                square of its channel, are set to zero. Stem and depthwise layers stay whole. A zero \
                costs no adder. Networks that are trained after pruning lose less than this.
                """,
            drawing: drawing, rows: report.rows.filter { $0.study == .pruning })
    }

    private var layerCount: Int {
        report.rows.count { $0.study == .layerHalfPruned && $0.treatment == .asIs }
    }
}
