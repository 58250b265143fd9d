import HardenedBackbone
import QuantizedTensors

/// What the last layers of the network cost where NPUs compute them, with weights in SRAM, instead of adders.
///
/// The NPUs of a design compute the classifier only; here they compute the last layers as well. Weights are int8, a
/// superset of what a hardened layer holds, in two banks, so that new ones can be written while the old ones work.
/// Each weight is read once a row of outputs and held for its columns; the rows in front of a layer are kept as in a
/// hardened one. All MACs are taken as busy: padding, drains and the control of the array are not counted, so this is
/// the least that a programmable layer costs.
package struct ProgrammableTail {
    /// Weights and biases, head included.
    package let parameters: Int
    /// Weights alone.
    package let weights: Int
    /// Multiply-accumulates of one image.
    package let macs: Int
    /// Weights that are read for one image: at least once an image, once a row by default.
    package let reads: Estimate
    /// Flip-flops of the rows in front of the layers, of one datapath.
    let bufferBits: Int
    /// Bytes that are written into these rows for one image.
    let bufferedBytes: Int

    /// The head and `layers` in front of it.
    package init(head: HeadFacts, layers: some Sequence<LayerCost>) {
        var (parameters, weights, macs) = (head.weights + head.classes, head.weights, head.weights)
        var (once, rows, bits, bytes) = (Double(head.weights), Double(head.weights), 0, 0)
        for cost in layers {
            let layer = cost.layer
            weights += layer.weightCount
            parameters += layer.weightCount + layer.output.channels
            macs += layer.macCount
            once += Double(layer.weightCount)
            rows += Double(layer.weightCount * layer.output.height)
            bits += cost.registers.buffers
            bytes += layer.input.elementCount + (cost.residualBytes > 0 ? layer.output.elementCount : 0)
        }
        (self.parameters, self.weights, self.macs) = (parameters, weights, macs)
        reads = Estimate(low: once, value: rows, high: rows)
        (bufferBits, bufferedBytes) = (bits, bytes)
    }

    /// MACs a cycle that `rate` images/s need at `clock` MHz, all NPUs together.
    ///
    /// - Rounding: up.
    package func macsNeeded(rate: Double, clock: Double) -> Int {
        let needed = Double(macs) * rate / (clock * 1e6)
        return Int((needed - 1e-9 * needed).rounded(.up))
    }

    /// Placed area in mm2: MACs, two banks a NPU, and the rows in front of the layers.
    package func area(macs: Int, design: ChipDesign) -> Estimate {
        let datapaths = Double(design.datapaths)
        let buffers =
            (CellConstants.flipFlop.estimate + CellConstants.bufferSelection.estimate)
            * (Double(bufferBits) * datapaths * 1e-6)
        let array = CellConstants.mac.estimate * (Double(macs) * 1e-6)
        let bits = Double(weights) * 16 * Double(design.npus)
        return LayerCost.placed(array + buffers) + CellConstants.sram.estimate * (bits * 1e-6)
    }

    /// uJ an image.
    package func energy(cyclesPerImage: Int) -> Estimate {
        let toggles = CellConstants.toggles.estimate * (8 * Double(bufferedBytes))
        let clocks = CellConstants.clockedShare.estimate * (Double(bufferBits) * Double(cyclesPerImage))
        let buffers =
            toggles * CellConstants.toggleEnergy.estimate + clocks * CellConstants.clockEnergy.estimate
        return
            (CellConstants.macEnergy.estimate * Double(macs) + CellConstants.weightRead.estimate * reads
            + buffers) * 1e-9
    }
}
