internal import Artifacts

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
        lines.append("  \"layers\": [")
        for (index, layer) in layers.enumerated() {
            lines.append("    \(Self.json(layer))" + (index + 1 < layers.count ? "," : ""))
        }
        lines.append("  ]")
        lines.append("}")
        return lines.joined(separator: "\n") + "\n"
    }

    private static func json(_ layer: Layer) -> String {
        let stages = layer.stages.map { "\"\($0.name)\": \(DecimalText.two($0.outputSqnrDb) ?? "null")" }
        let fields = [
            "\"name\": \"\(layer.name)\"", "\"kind\": \"\(layer.kind)\"", "\"weights\": \(layer.weightCount)",
            "\"weight_sqnr_db\": \(DecimalText.two(layer.weightSqnrDb) ?? "null")",
            "\"layer_sqnr_db\": {\(stages.joined(separator: ", "))}",
            "\"output_sqnr_db\": \(DecimalText.two(layer.outputSqnrDb) ?? "null")",
            "\"zero_share\": \(DecimalText.share(layer.zeroShare) ?? "null")",
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
        heading += ["output_sqnr_db", "zero_share"] + (0..<7).map { "weights_of_\(1 << $0)" }
        heading += ["saturated_share", "activation_exponent", "shift_min", "shift_max", "accumulator_bits"]
        var lines = [heading.joined(separator: ",")]
        for layer in layers {
            var fields = [layer.name, layer.kind, "\(layer.weightCount)"]
            fields.append(DecimalText.two(layer.weightSqnrDb) ?? "")
            fields += layer.stages.map { DecimalText.two($0.outputSqnrDb) ?? "" }
            fields.append(DecimalText.two(layer.outputSqnrDb) ?? "")
            fields.append(DecimalText.share(layer.zeroShare) ?? "")
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
        if let agreement {
            lines.append(
                "- Float and hardened network name the same class on \(DecimalText.percent(agreement)) % "
                    + "of the \(imageCount) calibration images")
        }
        if !stageNames.isEmpty {
            lines += [
                "",
                "`weights` is the rounding of the weights alone. The columns up to `output` are one layer on",
                "its own hardened inputs, against the float network's sums, after the step and all steps",
                "left of it. `output` compares the layer's bytes with the float network's output, all layers",
                "before it hardened as well. Ratios are in decibels.",
            ]
        }
        return (lines + [""] + table()).joined(separator: "\n") + "\n"
    }

    private func table() -> [String] {
        let columns = ["weights"] + stageNames + ["output", "zeros %", "accumulator bits"]
        var lines = ["| layer | " + columns.joined(separator: " | ") + " |"]
        lines.append("|---" + String(repeating: "|---", count: columns.count) + "|")
        for layer in layers {
            var cells = [layer.name, DecimalText.two(layer.weightSqnrDb) ?? "-"]
            cells += layer.stages.map { DecimalText.two($0.outputSqnrDb) ?? "-" }
            cells.append(DecimalText.two(layer.outputSqnrDb) ?? "-")
            cells += [DecimalText.percent(layer.zeroShare), "\(layer.accumulatorBits)"]
            lines.append("| " + cells.joined(separator: " | ") + " |")
        }
        return lines
    }
}
