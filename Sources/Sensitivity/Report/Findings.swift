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
            limit(
                .exponents, what: "Fewest exponents a channel",
                name: { $0.setting.isEmpty ? "7" : $0.setting }
            ) {
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

    /// The coarsest setting that loses no more than the tolerance, for each treatment: by the whole interval of its change,
    /// and by the change alone where that reaches further.
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
                .map { (row: $0, change: Change($0, against: baseline)) }
            func text(_ found: (row: ReportRow, change: Change)) -> String {
                "\(name(found.row)) (\(found.change.text))"
            }
            let sure = fineToCoarse.prefix { $0.change.low >= -Self.tolerance }.last
            let likely = fineToCoarse.prefix { $0.change.value >= -Self.tolerance }.last
            var part = "\(sure.map(text) ?? name(baseline)) \(Self.phrase(treatment))"
            if let likely, likely.row != sure?.row { part += ", perhaps \(text(likely))" }
            return part
        }
        return what + " that cost at most one point, with 95 % confidence: " + parts.joined(separator: "; ")
            + "."
    }

    /// A change of the accuracy and its interval.
    private struct Change {
        let value: Double
        let low: Double
        let high: Double

        /// The change of `row` against a baseline under the same treatment.
        ///
        /// Where that is another one than rows are paired with, the two intervals are added up: wider, never narrower.
        init(_ row: ReportRow, against baseline: ReportRow) {
            guard baseline.treatment == .headRefitted else {
                (value, low, high) = (row.change, row.changeLow, row.changeHigh)
                return
            }
            value = row.change - baseline.change
            low = row.changeLow - baseline.changeHigh
            high = row.changeHigh - baseline.changeLow
        }

        var text: String { "\(Number.points(value)), \(Number.points(low)) to \(Number.points(high))" }
    }

    private var layers: [String] {
        let rows = report.rows(.layerTwoExponents, .biasCorrected)
        guard rows.count > 2 else { return [] }
        let worst = rows.enumerated().sorted {
            ($0.element.change, $0.offset) < ($1.element.change, $1.offset)
        }.prefix(3)
        let list = worst.map { row in
            let change = Change(row.element, against: report.baseline ?? row.element)
            return "\(row.element.setting) (\(change.text))"
        }
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
