public import HardenedBackbone
import QuantizedTensors

/// What one layer of the chip is made of, and what it costs.
public struct LayerCost: Sendable {
    /// The layer.
    public let layer: NetworkLayer
    /// Its lanes and cycles.
    public let lanes: LanePlan.Layer
    /// Share of `T` in which it works, `0...1`.
    public let utilisation: Double
    /// What it closes.
    public let clock: ClockCheck.Layer
    /// What one lane is made of.
    public let census: LayerCensus
    /// Flip-flops, all lanes.
    public let registers: RegisterCount
    /// Bytes of line buffer or row register, and of residual rows.
    public let bufferBytes, residualBytes: Int

    /// Area of adders, mm2 of cells, all lanes; the range is the law's for one layer.
    public let adderArea: Estimate
    /// Area of flip-flops, mm2 of cells.
    public let registerArea: Estimate
    /// Area of column multiplexers and fan-out buffers, mm2 of cells.
    public let selectionArea: Estimate
    /// Energy of the adders, uJ an image.
    public let adderEnergy: Estimate
    /// Energy of the flip-flops, clock and toggles, uJ an image.
    public let registerEnergy: Estimate

    /// Powers of two of all weights in silicon: shifted additions in one cycle.
    public var adders: Int { census.nonZeroWeights * lanes.lanes }
    /// All cells, mm2.
    public var cellArea: Estimate { adderArea + registerArea + selectionArea }
    /// With the room between the cells, mm2.
    public var placedArea: Estimate { Self.placed(cellArea) }
    /// uJ an image.
    public var energy: Estimate { adderEnergy + registerEnergy }

    init(
        _ layer: NetworkLayer,
        _ census: LayerCensus,
        lanes: LanePlan.Layer,
        clock: ClockCheck.Layer,
        times: RowSchedule.Layer,
        cyclesPerImage: Int
    ) {
        (self.layer, self.census, self.lanes, self.clock) = (layer, census, lanes, clock)
        utilisation = Double(lanes.busyCycles) / Double(cyclesPerImage)
        let row = layer.input.width * layer.input.channels
        bufferBytes = layer.kernelSize == 3 ? times.inputRows * row : row
        residualBytes = times.residualRows * layer.output.width * layer.output.channels
        registers = RegisterCount(
            layer, census, lanes: lanes.lanes, clock: clock, bufferBytes: bufferBytes + residualBytes)

        let area = AreaLaw.area(of: census) * Double(lanes.lanes) * 1e-6
        adderArea = Estimate(
            low: area * (1 - AreaLaw.layerTolerance), value: area, high: area * (1 + AreaLaw.layerTolerance))
        registerArea = CellConstants.flipFlop.estimate * (Double(registers.total) * 1e-6)
        selectionArea = CellConstants.bufferSelection.estimate * (Double(registers.buffers) * 1e-6)

        let pixels = Double(layer.output.pixelCount)
        adderEnergy = CellConstants.weightEnergy.estimate * (Double(census.nonZeroWeights) * pixels * 1e-9)
        // A lane's registers take a new value for each pixel; a buffered byte is written once.
        let perLane = Double(registers.cut + registers.output + registers.input) / Double(lanes.lanes)
        let buffered = Double(layer.input.elementCount + (residualBytes > 0 ? layer.output.elementCount : 0))
        let toggles = CellConstants.toggles.estimate * (perLane * pixels + 8 * buffered)
        let clocks = CellConstants.clockedShare.estimate * (Double(registers.total) * Double(cyclesPerImage))
        registerEnergy =
            (toggles * CellConstants.toggleEnergy.estimate + clocks * CellConstants.clockEnergy.estimate)
            * 1e-9
    }

    /// Cells with the room between them.
    package static func placed(_ cells: Estimate) -> Estimate { cells / CellConstants.utilisation.estimate }
}
