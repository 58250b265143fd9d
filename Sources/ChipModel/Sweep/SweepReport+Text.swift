import Figures

extension SweepReport {
    /// Most points that a terminal shows; of more only the Pareto points.
    public static let linesMax = 64

    /// The points that a terminal shows.
    private var shown: [SweepPoint] {
        points.count <= Self.linesMax ? points : points.filter(\.isPareto)
    }

    /// The sweep for a terminal: a table of at most 110 columns, then the command of each point.
    public var lines: [String] {
        let closed = points.count { $0.refusal == nil }
        var lines = [
            "sweep of \(subject.digest.prefix(12)), \(Number.count(subject.classes)) classes: "
                + "\(Number.count(points.count)) points, \(Number.count(closed)) can be built, "
                + "\(Number.count(points.count(where: \.isPareto))) Pareto points (*)",
            "Pareto: images/s against mm2 and uJ, among points of the same weights, whose accuracy differs.",
            "",
        ]
        if shown.count < points.count {
            lines.append("only the Pareto points are shown; --csv and --html have all")
        }
        lines += table
        lines.append("")
        for point in shown { lines.append("#\(point.number)  \(point.command)") }
        for point in shown where point.refusal != nil {
            lines.append("#\(point.number)  refused: \(point.refusal ?? "")")
        }
        return lines
    }

    private var table: [String] {
        GroupedTable(
            groups: [
                .init(title: "", columns: ["point"]),
                .init(
                    title: "design",
                    columns: ["MHz", "cycles", "MACs", "paths", "NPUs", "D", "exp", "zero%"]),
                .init(title: "simulated", columns: ["images/s", "limit"]),
                .init(title: "counted", columns: ["adders"]),
                .init(title: "modelled", columns: ["mm2", "uJ", "W"]),
            ],
            rows: shown.map { point in
                let head = point.isHeadFrozen ? ["-", "hard"] : ["\(point.npuMacs)", "\(point.npus)"]
                return [
                    "#\(point.number)\(point.isPareto ? "*" : "")", Self.short(point.clock),
                    "\(point.cyclesPerImage)", head[0], "\(point.datapaths)", head[1], "\(point.depth)",
                    "\(point.weights.exponents)", "\(point.weights.pruned)",
                ] + Self.figures(point)
            }
        ).lines
    }

    private static func figures(_ point: SweepPoint) -> [String] {
        guard let cycles = point.simulated, let cells = point.counted, let model = point.modelled else {
            return ["refused", "-", "-", "-", "-", "-"]
        }
        return [
            Number.count(Int(cycles.imagesPerSecond.rounded())), cycles.bottleneck.rawValue,
            Number.count(cells.adders), Number.text(model.placedMm2.value, places: 2),
            Number.text(model.microjoules.value, places: 2), Number.text(model.watts.value, places: 1),
        ]
    }

    static func short(_ clock: Double) -> String {
        Int(exactly: clock).map(String.init) ?? Number.text(clock, places: 2)
    }

    /// All points as comma-separated values; the kind ends the name of every figure's column.
    public var csv: String {
        let header = [
            "point", "clock_mhz", "cycles_per_image", "npu_macs", "datapaths", "npus", "depth", "exponents",
            "pruned_percent", "head_frozen", "pareto", "images_per_second_simulated", "bottleneck_simulated",
            "adders_counted", "placed_mm2_low_modelled", "placed_mm2_modelled", "placed_mm2_high_modelled",
            "microjoules_low_modelled", "microjoules_modelled", "microjoules_high_modelled", "watts_modelled",
            "refusal", "command",
        ]
        return CommaSeparated.text(
            [header]
                + points.map { point in
                    let model = point.modelled
                    let estimates = [
                        model?.placedMm2.low, model?.placedMm2.value, model?.placedMm2.high,
                        model?.microjoules.low, model?.microjoules.value, model?.microjoules.high,
                        model?.watts.value,
                    ]
                    return [
                        "\(point.number)", Self.short(point.clock), "\(point.cyclesPerImage)",
                        "\(point.npuMacs)", "\(point.datapaths)", "\(point.npus)", "\(point.depth)",
                        "\(point.weights.exponents)", "\(point.weights.pruned)", "\(point.isHeadFrozen)",
                        "\(point.isPareto)",
                        point.simulated.map { "\(Int($0.imagesPerSecond.rounded()))" } ?? "",
                        point.simulated?.bottleneck.rawValue ?? "",
                        point.counted.map { "\($0.adders)" } ?? "",
                    ] + estimates.map { $0.map { Number.text($0, places: 6) } ?? "" }
                        + [point.refusal ?? "", point.command]
                })
    }
}
