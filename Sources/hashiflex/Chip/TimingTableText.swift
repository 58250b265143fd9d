import ChipFlow
import Foundation

/// What `chip timing` prints. Kind: synthesised cells, static timing; wires as stated lengths.
struct TimingTableText: Encodable {
    /// Says in every form what the figures are.
    let kind = "synthesised cells and static timing; every segment of wire as long as stated, no placement"
    let artifact: String
    let yosys: String
    let opensta: String
    let neurons: [NeuronTiming]
    /// MHz that was asked for.
    let clock: Double?

    init(_ artifact: String, yosys: String, opensta: String, _ neurons: [NeuronTiming], clock: Double?) {
        (self.artifact, self.yosys, self.opensta, self.neurons) = (artifact, yosys, opensta, neurons)
        self.clock = clock
    }

    /// Whether some layer does not close the clock that was asked for, with some wires.
    var isOpen: Bool {
        guard let clock else { return false }
        return neurons.contains { $0.clocks.contains { $0.megahertz < clock } }
    }

    /// One line while the command runs.
    static func note(_ neuron: NeuronTiming) -> String {
        let clocks = neuron.clocks.map { "\(rounded($0.megahertz)) (\(micrometres($0)) um)" }
        return "\(neuron.layer): \(clocks.joined(separator: ", ")) MHz"
    }

    /// A table, then what it stands for.
    var lines: [String] {
        var header = ["layer", "weights", "cut", "levels", "flip-flops"]
        header += neurons.first?.clocks.map { "\(Self.micrometres($0)) um" } ?? []
        if clock != nil { header.append("closes") }
        let rows = neurons.map { neuron in
            let cuts = (neuron.earlyCutRows.map { "\($0), " } ?? "") + "\(neuron.cutRows)"
            let held =
                neuron.earlyCutRows == nil
                ? "\(neuron.cutFlipFlops)" : "\(neuron.earlyCutFlipFlops) + \(neuron.cutFlipFlops)"
            var row = [neuron.layer, "\(neuron.nonZeroWeights)", cuts, "\(neuron.levels)", held]
            row += neuron.clocks.map { Self.rounded($0.megahertz) }
            if let clock {
                let closing = neuron.clocks.last { $0.megahertz >= clock }
                row.append(closing.map { "to \(Self.micrometres($0)) um" } ?? "no")
            }
            return row
        }
        return Format.table([header] + rows) + [
            "", "MHz by the wire of a segment; the widest channel of each layer; \(kind)",
            "cut: rows at the registers; flip-flops: at the cuts of that channel",
            "artefact \(artifact.prefix(12)), Yosys \(yosys), OpenSTA \(opensta); every netlist gave the bytes of "
                + "the specification",
        ]
    }

    /// One line a layer and wire length.
    var csv: String {
        let header =
            "layer,channel,fan_in,nonzero_weights,cut_rows,early_cut_rows,levels,cut_flip_flops,"
            + "early_cut_flip_flops,wire_um,sta_mhz,path_cells\n"
        return neurons.reduce(into: header) { text, neuron in
            for clock in neuron.clocks {
                text += "\(neuron.layer),\(neuron.channel),\(neuron.fanIn),\(neuron.nonZeroWeights),"
                text += "\(neuron.cutRows),\(neuron.earlyCutRows.map(String.init) ?? ""),\(neuron.levels),"
                text += "\(neuron.cutFlipFlops),\(neuron.earlyCutFlipFlops),\(Self.micrometres(clock)),"
                text += "\(Self.rounded(clock.megahertz)),\(clock.cells)\n"
            }
        }
    }

    private static func rounded(_ megahertz: Double) -> String { String(format: "%.0f", megahertz) }

    private static func micrometres(_ clock: NeuronTiming.Clock) -> String {
        String(format: "%g", clock.micrometres)
    }
}
