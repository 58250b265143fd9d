import Figures
import HardenedBackbone

/// One layer of the report, its figures by kind; all lanes of one datapath.
public struct LayerRow: Sendable, Encodable {
    /// Cycles.
    public struct Simulated: Sendable, Encodable {
        /// Copies of the constants; cycles for a row; cycles of an image in which the layer works.
        public let lanes, cyclesPerRow, busyCycles: Int
        /// ``busyCycles`` as a share of `T`.
        public let utilisation: Double
        /// Register stages.
        public let depth: Int
        /// Bytes of line buffer or row register, and of residual rows.
        public let bufferBytes, residualBytes: Int
    }

    /// Cells.
    public struct Counted: Sendable, Encodable {
        /// Powers of two of all weights in silicon; full and half adders of their trees.
        public let adders, fullAdders, halfAdders: Int
        /// Flip-flops by place.
        public let flipFlops: RegisterCount
    }

    /// Laws of synthesised cells.
    public struct Synthesised: Sendable, Encodable {
        /// mm2 of cells.
        public let adderMm2, flipFlopMm2: Estimate
        /// MHz that the layer closes.
        public let clockMhz: Double
    }

    /// Estimates.
    public struct Modelled: Sendable, Encodable {
        /// mm2 of all cells, and as placed.
        public let cellMm2, placedMm2: Estimate
        /// uJ an image.
        public let microjoules: Estimate
    }

    /// The layer's name.
    public let name: String
    /// Cycles.
    public let simulated: Simulated
    /// Cells.
    public let counted: Counted
    /// Laws of synthesised cells.
    public let synthesisedLaw: Synthesised
    /// Estimates.
    public let modelled: Modelled

    init(_ cost: LayerCost) {
        name = cost.layer.name
        simulated = Simulated(
            lanes: cost.lanes.lanes, cyclesPerRow: cost.lanes.cyclesPerRow, busyCycles: cost.lanes.busyCycles,
            utilisation: cost.utilisation, depth: cost.clock.depth, bufferBytes: cost.bufferBytes,
            residualBytes: cost.residualBytes)
        let lanes = cost.lanes.lanes
        counted = Counted(
            adders: cost.adders, fullAdders: cost.census.fullAdders * lanes,
            halfAdders: cost.census.halfAdders * lanes, flipFlops: cost.registers)
        synthesisedLaw = Synthesised(
            adderMm2: cost.adderArea, flipFlopMm2: cost.registerArea,
            clockMhz: (cost.clock.clock ?? 0).rounded())
        modelled = Modelled(
            cellMm2: cost.cellArea, placedMm2: cost.placedArea, microjoules: cost.energy)
    }
}

extension ChipReport {
    /// The layers as comma-separated values; the kind ends every column's name.
    public var csv: String {
        let header = [
            "layer", "lanes_simulated", "cycles_per_row_simulated", "busy_cycles_simulated",
            "utilisation_simulated", "depth_simulated", "buffer_bytes_simulated", "residual_bytes_simulated",
            "adders_counted", "full_adders_counted", "half_adders_counted", "cut_flip_flops_counted",
            "output_flip_flops_counted", "input_flip_flops_counted", "buffer_flip_flops_counted",
            "adder_mm2_synthesised_law", "flip_flop_mm2_synthesised_law", "clock_mhz_synthesised_law",
            "cell_mm2_modelled", "placed_mm2_low_modelled", "placed_mm2_modelled", "placed_mm2_high_modelled",
            "microjoules_low_modelled", "microjoules_modelled", "microjoules_high_modelled",
        ]
        return CommaSeparated.text(
            [header]
                + layers.map { row in
                    let (cycles, cells) = (row.simulated, row.counted)
                    let counts = [
                        cells.adders, cells.fullAdders, cells.halfAdders, cells.flipFlops.cut,
                        cells.flipFlops.output, cells.flipFlops.input, cells.flipFlops.buffers,
                    ]
                    let areas = [
                        row.synthesisedLaw.adderMm2.value, row.synthesisedLaw.flipFlopMm2.value,
                        row.synthesisedLaw.clockMhz, row.modelled.cellMm2.value, row.modelled.placedMm2.low,
                        row.modelled.placedMm2.value, row.modelled.placedMm2.high,
                        row.modelled.microjoules.low, row.modelled.microjoules.value,
                        row.modelled.microjoules.high,
                    ]
                    return [
                        row.name, "\(cycles.lanes)", "\(cycles.cyclesPerRow)", "\(cycles.busyCycles)",
                        Number.text(cycles.utilisation, places: 4), "\(cycles.depth)",
                        "\(cycles.bufferBytes)", "\(cycles.residualBytes)",
                    ] + counts.map(String.init) + areas.map { Number.text($0, places: 6) }
                })
    }
}
