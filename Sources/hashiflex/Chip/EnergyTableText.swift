import ChipFlow
import Foundation

/// What `chip energy` prints. Kind: modelled.
struct EnergyTableText: Encodable {
    /// Says in every form what the figures are.
    let kind =
        "modelled: synthesised cells, simulated activity, OpenSTA's power at a stated activity; no wires, no clock tree"
    let artifact: String
    /// Where the picture came from.
    let image: String
    /// Programs and versions.
    let tools: [String]
    let layers: [NeuronEnergy]
    /// Energy of these layers an image, nJ; without those of one pixel.
    let imageEnergy: Double

    init(_ artifact: String, image: String, tools: [String], _ neurons: [NeuronEnergy]) {
        (self.artifact, self.image, self.tools) = (artifact, image, tools)
        layers = neurons
        imageEnergy = neurons.compactMap(\.imageEnergy).reduce(0, +)
    }

    /// One line while the command runs.
    static func note(_ neuron: NeuronEnergy) -> String {
        "\(neuron.layer): \(places(neuron.meanToggles, 2)) toggles a net and cycle, "
            + "\(places(neuron.energy, 1)) fJ a weight"
    }

    /// A table, then what it stands for.
    var lines: [String] {
        let header = [
            "layer", "weights", "pixels", "carry", "sum", "mean", "fJ at 0.5", "fJ", "of layer",
            "nJ an image",
        ]
        let rows = layers.map { neuron in
            [
                neuron.layer, "\(neuron.nonZeroWeights)", "\(neuron.pixels)",
                Self.places(neuron.carryToggles, 2),
                Self.places(neuron.sumToggles, 2), Self.places(neuron.meanToggles, 2),
                Self.places(neuron.energyAtHalf, 1), Self.places(neuron.energy, 1), "\(neuron.layerWeights)",
                Self.places(neuron.imageEnergy, 2),
            ]
        }
        return Format.table([header] + rows) + [
            "", "\(Self.places(imageEnergy, 2)) nJ an image in the gates of these layers",
            "carry, sum: toggles a net and cycle of the full adders' outputs; mean: of all gates' outputs",
            "fJ: a non-zero weight and cycle of the widest channel, at 0.5 toggles a net and at the mean",
            "nJ an image: the layer's non-zero weights, each once for each of its output pixels",
            "-: a layer of one output pixel, where nothing changes within a picture; it is in no sum",
            kind,
            "artefact \(artifact.prefix(12)), \(tools.joined(separator: ", "))",
            "picture \(image); every netlist gave the bytes of the specification, those of the picture too",
        ]
    }

    /// One line a layer.
    var csv: String {
        let header =
            "layer,channel,fan_in,nonzero_weights,pixels,carry_toggles,sum_toggles,mean_toggles,"
            + "modelled_fj_a_weight_at_half,modelled_fj_a_weight,layer_nonzero_weights,layer_pixels,"
            + "modelled_nj_an_image\n"
        return layers.reduce(into: header) { text, neuron in
            let fields = [
                neuron.layer, "\(neuron.channel)", "\(neuron.fanIn)", "\(neuron.nonZeroWeights)",
                "\(neuron.pixels)", Self.places(neuron.carryToggles, 4, none: ""),
                Self.places(neuron.sumToggles, 4, none: ""), Self.places(neuron.meanToggles, 4, none: ""),
                Self.places(neuron.energyAtHalf, 3), Self.places(neuron.energy, 3, none: ""),
                "\(neuron.layerWeights)",
                "\(neuron.layerPixels)", Self.places(neuron.imageEnergy, 4, none: ""),
            ]
            text += fields.joined(separator: ",") + "\n"
        }
    }

    private static func places(_ value: Double?, _ count: Int, none: String = "-") -> String {
        value.map { String(format: "%.\(count)f", $0) } ?? none
    }
}
