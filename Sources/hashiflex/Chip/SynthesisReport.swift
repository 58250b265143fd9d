import ChipFlow
import Foundation
import HardenedBackbone

/// What `chip synth` prints. Kind: synthesised; one lane of each layer.
struct SynthesisReport: Encodable {
    /// Says in every form what the figures are.
    let kind = "synthesised: cells of the named library, no placement, no wires; one lane of each layer"
    let artifact: String
    let yosys: String
    let libraryCells: Int
    let excludedCells: Int
    let adderCells: [String: String]
    let sharesPairs: Bool
    let layers: [LayerResult]
    /// The layers together.
    let total: LayerResult

    init(
        _ artifact: BackboneArtifact,
        _ tools: SynthesisTools,
        _ layers: [LayerResult],
        sharesPairs: Bool
    ) {
        self.artifact = "\(artifact.digest)"
        (yosys, libraryCells, excludedCells, adderCells) = tools.facts
        self.sharesPairs = sharesPairs
        self.layers = layers
        total = LayerResult(sum: layers)
    }

    /// A table, then what it stands for.
    var lines: [String] {
        func row(_ name: String, _ fanIn: String, _ result: LayerResult) -> [String] {
            let weights = Double(max(1, result.nonZeroWeights))
            return [
                name, fanIn, "\(result.nonZeroWeights)", "\(result.pairs)", "\(result.fullAdders)",
                "\(result.cells)", String(format: "%.0f", result.combinationalArea),
                String(format: "%.3f", result.combinationalArea / weights), "\(result.flipFlops)",
                String(format: "%.0f", result.flipFlopArea), "\(result.comparedBytes)",
            ]
        }
        let header = [
            "layer", "fan-in", "weights", "pairs", "full adders", "cells", "um2", "a weight", "flip-flops",
            "um2", "equal",
        ]
        return Format.table(
            [header] + layers.map { row($0.layer, "\($0.fanIn)", $0) } + [row("all", "", total)])
            + [
                "", kind,
                "artefact \(artifact.prefix(12)), Yosys \(yosys), \(libraryCells) cells "
                    + "(\(excludedCells) left out), adders \(adderCells["hs_fa"] ?? "-") and "
                    + "\(adderCells["hs_ha"] ?? "-")",
                "weights: not zero; um2: without flip-flops, then theirs; equal: bytes of netlists compared with "
                    + "the specification, none differs",
                "flip-flops: at the cuts and behind the saturation; input stages, pairs' sums and row buffers are "
                    + "not in these parts",
            ]
    }

    /// One line a layer.
    var csv: String {
        let header =
            "layer,fan_in,nonzero_weights,pairs,full_adders,cells,synthesised_combinational_um2,flip_flops,"
            + "synthesised_flip_flop_um2,compared_bytes\n"
        return layers.reduce(into: header) { text, layer in
            text +=
                "\(layer.layer),\(layer.fanIn),\(layer.nonZeroWeights),\(layer.pairs),\(layer.fullAdders),"
            text += "\(layer.cells),\(String(format: "%.3f", layer.combinationalArea)),\(layer.flipFlops),"
            text += "\(String(format: "%.3f", layer.flipFlopArea)),\(layer.comparedBytes)\n"
        }
    }
}
