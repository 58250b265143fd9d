import Figures

/// What the figures come to, in sentences.
struct Findings {
    let report: SensitivityReport

    /// How much accuracy may go before a setting counts as too coarse: one percentage point.
    static let tolerance = 0.01

    /// The sentences, most general first.
    var sentences: [String] {
        guard let baseline = report.baseline else { return [] }
        var sentences = [
            "Not degraded: \(share(baseline)) of \(Number.count(baseline.images)) test images are answered "
                + "correctly; \(Number.percent(baseline.zeroShare)) % of the weights are zero."
        ]
        if report.refit != nil, let refitted = report.baseline(.headRefitted) {
            sentences.append(
                "A head fitted anew on the undegraded network, as those of the degraded ones are, reaches "
                    + "\(share(refitted))."
            )
        }
        sentences.append(
            limit(.exponents, what: "Fewest exponents", name: { $0.setting.isEmpty ? "7" : $0.setting }) {
                (Int($0.setting) ?? 7) < (Int($1.setting) ?? 7)
            }
        )
        sentences.append(
            limit(
                .activationBits, what: "Fewest activation bits",
                name: { $0.setting.isEmpty ? "8" : $0.setting }
            ) {
                (Int($0.setting) ?? 8) < (Int($1.setting) ?? 8)
            }
        )
        sentences.append(
            limit(.pruning, what: "Most zeros", name: { "\(Number.percent($0.zeroShare, places: 0)) %" }) {
                $0.zeroShare > $1.zeroShare
            }
        )
        sentences += layers
        return sentences
    }

    /// The coarsest setting within the tolerance of the undegraded network, for each treatment.
    ///
    /// Coarser settings than the first that fails do not count, even where they would pass by chance. New
    /// heads are measured against a new head on the undegraded network.
    private func limit(
        _ study: ReportRow.Study,
        what: String,
        name: (ReportRow) -> String,
        isCoarser: (ReportRow, ReportRow) -> Bool
    ) -> String {
        let parts = report.treatments.compactMap { treatment -> String? in
            guard let baseline = report.baseline(treatment) else { return nil }
            let fineToCoarse = report.rows(study, treatment).sorted { isCoarser($1, $0) }
            let passing = fineToCoarse.prefix { $0.accuracy >= baseline.accuracy - Self.tolerance }.last
            return "\(name(passing ?? baseline)) \(Self.phrase(treatment))"
        }
        return what + " within one point of the undegraded network: " + parts.joined(separator: ", ") + "."
    }

    private var layers: [String] {
        let rows = report.rows(.layerTwoExponents, .biasCorrected)
        guard rows.count > 2 else { return [] }
        let worst = rows.enumerated().sorted {
            ($0.element.change, $0.offset) < ($1.element.change, $1.offset)
        }.prefix(3)
        let list = worst.map { "\($0.element.setting) (\(Number.points($0.element.change)))" }
        return [
            "Most sensitive to having two exponents, biases corrected: " + list.joined(separator: ", ")
                + ", in percentage points."
        ]
    }

    private static func phrase(_ treatment: StudyPoint.Treatment) -> String {
        switch treatment {
        case .asIs: "as it is"
        case .biasCorrected: "with biases corrected"
        case .headRefitted: "with a new head as well"
        }
    }

    private func share(_ row: ReportRow) -> String {
        "\(Number.percent(row.accuracy, places: 2)) % (\(Number.percent(row.accuracyLow, places: 2)) to "
            + "\(Number.percent(row.accuracyHigh, places: 2)))"
    }
}
