import HardenedBackbone
import QuantizedTensors

/// The rows that the chip keeps between its layers, in bytes of activations.
public struct BufferSizes: Hashable, Sendable {
    /// Line buffers in front of the 3x3 layers.
    public let lineBuffers: Int
    /// Row registers in front of the 1x1 layers: one row each.
    public let rowRegisters: Int
    /// Residual FIFOs: block inputs that wait for their addition.
    public let residuals: Int

    /// Sums the buffers of a schedule.
    public init(_ schedule: RowSchedule) {
        var line = 0
        var registers = 0
        var residuals = 0
        for (layer, times) in zip(schedule.plan.network.layers, schedule.layers) {
            let row = layer.input.width * layer.input.channels
            if layer.kernelSize == 3 { line += times.inputRows * row } else { registers += row }
            residuals += times.residualRows * layer.output.width * layer.output.channels
        }
        (lineBuffers, rowRegisters, self.residuals) = (line, registers, residuals)
    }

    /// All of them.
    public var total: Int { lineBuffers + rowRegisters + residuals }
}
