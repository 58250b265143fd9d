internal import Artifacts
internal import ClassifierHead

extension HardeningReport {
    /// Names of the stages, in order.
    private var stageNames: [String] { layers.first?.stages.map(\.name) ?? [] }

    /// The report as JSON; equal reports give equal bytes.
    public func json() -> String {
        var lines = ["{"]
        lines.append("  \"digest\": \"\(digest.hex)\",")
        lines.append("  \"summary\": \(Self.quoted(summary)),")
        lines.append("  \"calibration_images\": \(imageCount),")
        lines.append("  \"pool_shift\": \(poolShift),")
        lines.append("  \"zero_share\": \(DecimalText.share(zeroShare) ?? "null"),")
        lines.append("  \"feature_sqnr_db\": \(DecimalText.two(featureSqnrDb) ?? "null"),")
        lines.append("  \"float_agreement_on_calibration\": \(DecimalText.share(agreement) ?? "null"),")
        lines.append("  \"held_out\": \(heldOut.map(Self.json) ?? "null"),")
        lines.append("  \"layers\": [")
        for (index, layer) in layers.enumerated() {
            let heldOut = heldOut?.layerSqnrDb.map { $0[index] }
            lines.append("    \(Self.json(layer, heldOut))" + (index + 1 < layers.count ? "," : ""))
        }
        lines.append("  ]")
        lines.append("}")
        return lines.joined(separator: "\n") + "\n"
    }

    /// What held-out images say, as JSON.
    private static func json(_ report: HeldOutReport) -> String {
        func triple(_ value: Double, _ interval: ClosedRange<Double>) -> String {
            func text(_ value: Double) -> String { DecimalText.share(value) ?? "null" }
            return "{\"value\": \(text(value)), \"low\": \(text(interval.lowerBound)), "
                + "\"high\": \(interval.upperBound.isFinite ? text(interval.upperBound) : "null")}"
        }
        let fields = [
            "\"images\": \(report.imageCount)",
            "\"float_agreement\": "
                + (report.agreement.map { triple($0.fraction, $0.wilson95) } ?? "null"),
            "\"divergence_nats\": " + (report.divergence.map { triple($0.value, $0.interval) } ?? "null"),
            "\"feature_sqnr_db\": \(DecimalText.two(report.featureSqnrDb) ?? "null")",
            "\"classes_float\": \(report.floatClasses)",
            "\"classes_hardened\": \(report.hardenedClasses)",
        ]
        return "{" + fields.joined(separator: ", ") + "}"
    }

    private static func json(_ layer: Layer, _ heldOut: Double?) -> String {
        let stages = layer.stages.map { "\"\($0.name)\": \(DecimalText.two($0.outputSqnrDb) ?? "null")" }
        let fields = [
            "\"name\": \"\(layer.name)\"", "\"kind\": \"\(layer.kind)\"", "\"weights\": \(layer.weightCount)",
            "\"weight_sqnr_db\": \(DecimalText.two(layer.weightSqnrDb) ?? "null")",
            "\"layer_sqnr_db\": {\(stages.joined(separator: ", "))}",
            "\"output_sqnr_db\": \(DecimalText.two(layer.outputSqnrDb) ?? "null")",
            "\"held_out_sqnr_db\": \(DecimalText.two(heldOut) ?? "null")",
            "\"rounding_sqnr_db\": \(DecimalText.two(layer.roundingSqnrDb) ?? "null")",
            "\"zero_share\": \(DecimalText.share(layer.zeroShare) ?? "null")",
            "\"terms\": \(layer.terms)",
            "\"exponent_counts\": \(layer.exponentCounts)",
            "\"saturated_share\": \(DecimalText.share(layer.saturatedShare) ?? "null")",
            "\"activation_exponent\": \(layer.activationExponent)",
            "\"shift_min\": \(layer.shifts.lowerBound)", "\"shift_max\": \(layer.shifts.upperBound)",
            "\"accumulator_bits\": \(layer.accumulatorBits)",
        ]
        return "{" + fields.joined(separator: ", ") + "}"
    }

    /// A text in quotes, as JSON wants it.
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case "\u{0}"..<" ":
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// One line a layer, with a heading; what is not known is left empty.
    public func csv() -> String {
        var heading = ["layer", "kind", "weights", "weight_sqnr_db"]
        heading += stageNames.map { "layer_sqnr_db_\($0)" }
        heading += ["output_sqnr_db", "held_out_sqnr_db", "rounding_sqnr_db", "zero_share", "terms"]
        heading += (0..<7).map { "weights_of_\(1 << $0)" }
        heading += ["saturated_share", "activation_exponent", "shift_min", "shift_max", "accumulator_bits"]
        var lines = [heading.joined(separator: ",")]
        for (index, layer) in layers.enumerated() {
            var fields = [layer.name, layer.kind, "\(layer.weightCount)"]
            fields.append(DecimalText.two(layer.weightSqnrDb) ?? "")
            fields += layer.stages.map { DecimalText.two($0.outputSqnrDb) ?? "" }
            fields.append(DecimalText.two(layer.outputSqnrDb) ?? "")
            fields.append(DecimalText.two(heldOut?.layerSqnrDb.map { $0[index] }) ?? "")
            fields.append(DecimalText.two(layer.roundingSqnrDb) ?? "")
            fields += [DecimalText.share(layer.zeroShare) ?? "", "\(layer.terms)"]
            fields += layer.exponentCounts.map { "\($0)" }
            fields += [DecimalText.share(layer.saturatedShare) ?? "", "\(layer.activationExponent)"]
            fields += [
                "\(layer.shifts.lowerBound)", "\(layer.shifts.upperBound)", "\(layer.accumulatorBits)",
            ]
            lines.append(fields.joined(separator: ","))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The report for people, in Markdown.
    public func markdown() -> String {
        var lines = ["# Hardening report", ""]
        lines.append("- Backbone \(digest)")
        lines.append("- \(summary)")
        lines.append("- \(DecimalText.percent(zeroShare)) % of all weights are zero; pool shift \(poolShift)")
        if let features = DecimalText.two(featureSqnrDb) {
            lines.append("- Features carry \(features) dB over their difference from the float network's")
        }
        if let heldOut {
            lines.append("- " + heldOut.sentence)
            if let divergence = heldOut.divergence {
                lines.append(
                    "- Kullback-Leibler divergence from the float network's class probabilities on them: "
                        + divergence.text + " nats")
            }
            lines.append(
                "- Their features carry \(DecimalText.two(heldOut.featureSqnrDb) ?? "-") dB over the difference"
            )
        }
        if let agreement {
            lines.append(
                "- In sample: float and hardened network name the same class on \(DecimalText.percent(agreement)) % "
                    + "of the \(imageCount) calibration images")
        }
        if !stageNames.isEmpty {
            lines += [
                "",
                "`weights` is the rounding of the weights alone. The columns up to `output` are one layer on",
                "its own hardened inputs, against the float network's sums, after the step and all steps",
                "left of it. `output` compares the layer's bytes with the float network's output, all layers",
                "before it hardened as well, on the calibration images; `held out` does so on images that took no",
                "part. Ratios are in decibels.",
            ]
        }
        return (lines + [""] + table()).joined(separator: "\n") + "\n"
    }

    private func table() -> [String] {
        let columns = ["weights"] + stageNames + ["output", "held out", "zeros %", "accumulator bits"]
        var lines = ["| layer | " + columns.joined(separator: " | ") + " |"]
        lines.append("|---" + String(repeating: "|---", count: columns.count) + "|")
        for (index, layer) in layers.enumerated() {
            var cells = [layer.name, DecimalText.two(layer.weightSqnrDb) ?? "-"]
            cells += layer.stages.map { DecimalText.two($0.outputSqnrDb) ?? "-" }
            cells.append(DecimalText.two(layer.outputSqnrDb) ?? "-")
            cells.append(DecimalText.two(heldOut?.layerSqnrDb.map { $0[index] }) ?? "-")
            cells += [DecimalText.percent(layer.zeroShare), "\(layer.accumulatorBits)"]
            lines.append("| " + cells.joined(separator: " | ") + " |")
        }
        return lines
    }
}

extension HeldOutReport {
    /// The agreement, for people.
    public var sentence: String {
        guard let agreement else {
            return "\(imageCount) images were held out; there is no classifier to compare"
        }
        return "same class as the float network on \(agreement) of \(imageCount) held-out images"
    }
}

extension HeldOutReport.Mean {
    /// For example `0.012 (0.010 to 0.014)`.
    public var text: String {
        let parts = [value, interval.lowerBound, interval.upperBound].map {
            $0.isFinite ? DecimalText.share($0) ?? "" : "unknown"
        }
        return "\(parts[0]) (\(parts[1]) to \(parts[2]))"
    }
}
