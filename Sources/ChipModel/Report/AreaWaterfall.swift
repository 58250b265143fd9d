import Figures

/// The chip's area as a sum, from the adders down to the whole: where the square millimetres go.
package struct AreaWaterfall {
    /// One step.
    package struct Step {
        let name: String
        /// mm2.
        package let area: Double
        let kind: FigureKind
    }

    let report: ChipReport

    /// The waterfall of `report`.
    package init(report: ChipReport) { self.report = report }

    private static let rowHeight = 26.0

    /// The steps in their order; their sum is the placed area.
    package var steps: [Step] {
        let (law, model) = (report.synthesisedLaw, report.modelled)
        let adders = report.layers.reduce(into: [String: Double]()) { sums, row in
            sums[Self.group(row.name), default: 0] +=
                row.synthesisedLaw.adderMm2.value * Double(report.design.datapaths)
        }
        let flops = report.counted.flipFlops
        let perFlop = law.flipFlopMm2.value / Double(max(1, flops.total))
        var steps = ["stem", "expand", "depthwise", "project", "last"].map {
            Step(name: "adders, \($0)", area: adders[$0] ?? 0, kind: .synthesisedLaw)
        }
        steps += [
            ("flip-flops, cut", flops.cut), ("flip-flops, stages", flops.output + flops.input),
            ("flip-flops, rows", flops.buffers),
        ].map { Step(name: $0.0, area: Double($0.1) * perFlop, kind: .synthesisedLaw) }
        steps.append(Step(name: "multiplexers, buffers", area: model.selectionMm2.value, kind: .modelled))
        steps.append(
            Step(
                name: "room between cells", area: model.datapathPlacedMm2.value - model.logicMm2.value,
                kind: .modelled))
        if report.design.isHeadFrozen {
            steps.append(
                Step(name: "hardened head", area: model.hardenedHeadPlacedMm2.value, kind: .modelled))
        } else {
            steps.append(Step(name: "NPU", area: model.npuPlacedMm2.value, kind: .modelled))
            steps.append(Step(name: "head SRAM", area: model.sramPlacedMm2.value, kind: .modelled))
        }
        return steps
    }

    private static func group(_ layer: String) -> String {
        layer.split(separator: ".").last.map(String.init) ?? layer
    }

    /// The drawing as markup.
    var drawing: String {
        let steps = steps
        let total = report.modelled.placedMm2
        let (left, top) = (170.0, 40.0)
        let bottom = top + Double(steps.count + 1) * Self.rowHeight
        var svg = SVG(width: 940, height: bottom + 48)
        let x = Axis(
            0...total.high * 1.02, range: (left, 900), title: "mm2, summed from the top", tickCount: 9)
        Self.legend(&svg, x: left)
        for tick in x.ticks {
            svg.line((x.position(tick.value), top), (x.position(tick.value), bottom), "grid")
            svg.text(tick.text, (x.position(tick.value), bottom + 16), "tick", anchor: .middle)
        }
        svg.text(x.title, ((left + 900) / 2, bottom + 38), "label", anchor: .middle)
        var sum = 0.0
        for (index, step) in steps.enumerated() {
            let y = top + Double(index) * Self.rowHeight
            svg.text(step.name, (left - 10, y + 17), "tick", anchor: .end)
            let (start, end) = (x.position(sum), x.position(sum + step.area))
            svg.rectangle(
                x: start, y: y + 5, width: max(1, end - start), height: Self.rowHeight - 10,
                "mark \(Self.style(step.kind))")
            svg.text(Number.text(step.area, places: 2), (end + 6, y + 17), "tick")
            sum += step.area
            svg.line(
                (x.position(sum), y + Self.rowHeight - 5), (x.position(sum), y + Self.rowHeight + 5), "axis")
        }
        let y = top + Double(steps.count) * Self.rowHeight
        svg.text("chip, placed", (left - 10, y + 17), "label strong", anchor: .end)
        svg.rectangle(
            x: left, y: y + 5, width: x.position(total.value) - left, height: Self.rowHeight - 10,
            "mark s1")
        svg.line((x.position(total.low), y + 13), (x.position(total.high), y + 13), "zero")
        for end in [total.low, total.high] {
            svg.line((x.position(end), y + 8), (x.position(end), y + 18), "zero")
        }
        let range =
            "\(Number.text(total.value, places: 1)) (\(Number.text(total.low, places: 1)) to "
            + "\(Number.text(total.high, places: 1)))"
        svg.text(range, (x.position(total.high) - 4, y + 2), "tick", anchor: .end)
        return svg.element(
            id: "area", title: "Area of the chip",
            description: "Square millimetres of each part, summed to the placed area: \(range) mm2.")
    }

    private static func style(_ kind: FigureKind) -> String { kind == .synthesisedLaw ? "s0" : "s1" }

    private static func legend(_ svg: inout SVG, x: Double) {
        var column = x
        for kind in [FigureKind.synthesisedLaw, .modelled] {
            svg.rectangle(x: column, y: 8, width: 22, height: 12, "mark \(style(kind))")
            svg.text(
                kind.label + (kind == .modelled ? " (the line: its range)" : " (cells)"), (column + 28, 18),
                "legend")
            column += 260
        }
    }
}
