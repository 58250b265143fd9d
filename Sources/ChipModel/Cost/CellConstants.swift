/// One constant of the cost model, with its unit, range, kind and source.
public struct CellConstant: Hashable, Sendable, Encodable {
    /// What it is.
    public let name: String
    /// Its unit.
    public let unit: String
    /// Default and range.
    public let estimate: Estimate
    /// Whether cells were synthesised for it, or it is an estimate.
    public let kind: FigureKind
    /// Where it is from.
    public let source: String
}

/// Every constant of the cost model; there is no second place for them.
///
/// Areas are of cells, without the room between them. ASAP7 is predictive: RVT, TT, 0.70 V.
/// - Source: the project's prototype on ASAP7 (`seven-nm.md`, 2 and 3), `hardware-and-po2.md` 2.2 for estimates.
public enum CellConstants {
    private static let liberty = "ASAP7 liberty, RVT TT 0.70 V"
    private static let prototype = "prototype synthesised on ASAP7 with Yosys 0.70, timed with OpenSTA"

    private static func constant(
        _ name: String, _ unit: String, _ low: Double, _ value: Double, _ high: Double, _ kind: FigureKind,
        _ source: String
    ) -> CellConstant {
        CellConstant(
            name: name, unit: unit, estimate: Estimate(low: low, value: value, high: high), kind: kind,
            source: source)
    }

    /// FAx1, both outputs inverted.
    public static let fullAdder = constant(
        "full adder FAx1", "um2", 0.20412, 0.20412, 0.20412, .synthesisedLaw, liberty)
    /// HAxp5.
    public static let halfAdder = constant(
        "half adder HAxp5", "um2", 0.13122, 0.13122, 0.13122, .synthesisedLaw, liberty)
    /// A majority, or half of a full adder, where nobody reads the sum.
    public static let majority = constant(
        "majority", "um2", 0.08748, 0.10206, 0.12, .synthesisedLaw, "half of FAx1")
    /// NAND2xp5; high: NAND2x1.
    public static let nand = constant(
        "NAND2xp5", "um2", 0.05832, 0.05832, 0.08748, .synthesisedLaw, liberty)
    /// INVx1.
    public static let inverter = constant(
        "inverter INVx1", "um2", 0.04374, 0.04374, 0.04374, .synthesisedLaw, liberty)
    /// Shift, saturation and what the optimiser leaves, for each accumulator bit beside counted adders.
    public static let saturation = constant(
        "shift and saturation", "um2 an accumulator bit", 0.25, 0.30, 0.36, .synthesisedLaw, prototype)
    /// DFFHQNx1 with polarity kept; DFFHQx4, which Yosys 0.70 takes, is the high end.
    public static let flipFlop = constant(
        "flip-flop DFFHQNx1 (high: DFFHQx4)", "um2", 0.2916, 0.2916, 0.3645, .synthesisedLaw, liberty)
    /// Column multiplexers, enables and fan-out buffers: 0.8 mm2 beside 4.22 Mbit of rows.
    public static let bufferSelection = constant(
        "multiplexers and buffers", "um2 a buffered bit", 0.10, 0.19, 0.30, .modelled,
        "estimate, hardware-and-po2.md 2.3")
    /// SRAM macro.
    public static let sram = constant(
        "SRAM", "um2 a bit", 0.04, 0.05, 0.07, .modelled, "estimate: 0.027 um2 cell, 55 % efficiency")
    /// int8 MAC with its operand and accumulator registers.
    public static let mac = constant("int8 MAC", "um2", 30, 40, 60, .modelled, "estimate")
    /// Cells over placed area. The favourable end is the high one.
    public static let utilisation = constant(
        "placement utilisation", "cells over placed area", 0.35, 0.60, 0.70, .modelled,
        "estimate; place and route was not run")

    /// Energy of all adders of one weight in one cycle, at 0.35 / 0.5 / 0.67 toggles a net.
    public static let weightEnergy = constant(
        "adders of a weight", "fJ a weight and cycle", 9.8, 13.3, 17, .modelled,
        "OpenSTA 1.67 fJ a full adder at 0.5 toggles; activity simulated on a photograph")
    /// Clock pin of a flip-flop, in a cycle in which it is clocked.
    public static let clockEnergy = constant(
        "flip-flop, clock", "fJ a clock", 1.15, 1.15, 1.15, .modelled, "ASAP7 liberty, internal power")
    /// Output of a flip-flop.
    public static let toggleEnergy = constant(
        "flip-flop, toggle", "fJ a toggle", 1.35, 1.35, 2.6, .modelled,
        "ASAP7 liberty; high: DFFHQx4")
    /// Toggles of a register bit when it takes a new value.
    public static let toggles = constant(
        "toggles of a written bit", "toggles", 0.35, 0.5, 0.67, .modelled,
        "simulated on a photograph")
    /// Cycles in which the clock of a register is on.
    public static let clockedShare = constant(
        "clocked share of cycles", "cycles of T", 0.2, 0.35, 0.6, .modelled, "estimate: clock gating by row")
    /// Leakage.
    public static let leakage = constant(
        "leakage", "nW a weight", 3.4, 3.4, 3.4, .modelled, "ASAP7 liberty")
    /// One int8 multiplication and one int32 addition.
    public static let macEnergy = constant(
        "int8 MAC, energy", "fJ", 70, 100, 150, .modelled, "estimate at 7 nm: 0.07 pJ multiply, 0.03 pJ add")
    /// Reading one weight of the head: 8 KB banks, which the width of the NPU asks for; high: 1 MB banks.
    public static let weightRead = constant(
        "weight read of the NPU (high: 1 MB banks)", "fJ a byte", 937.5, 937.5, 1_750, .modelled,
        "1.2 uJ from 8 KB banks and 2.24 uJ from 1 MB banks for 1.28 MB")

    /// All of them, for reports.
    public static let all = [
        fullAdder, halfAdder, majority, nand, inverter, saturation, flipFlop, bufferSelection, sram, mac,
        utilisation, weightEnergy, clockEnergy, toggleEnergy, toggles, clockedShare, leakage, macEnergy,
        weightRead,
    ]
}
