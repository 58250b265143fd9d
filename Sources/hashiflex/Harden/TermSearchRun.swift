import ArgumentParser
import ChipModel
import ClassifierHead
import Foundation
import HardenedBackbone
import Hardening
import NetworkExchange
import PipelineMessages
import Sensitivity

/// `hashiflex harden --drop`: the search for layers that need sums, and its table.
struct TermSearchRun {
    let drop: Double
    let options: HardeningOptions
    let crew: WorkCrew

    /// One set of layers, for JSON.
    struct Row: Codable {
        let layersOfSums: [String]
        let fullAddersCounted: Int
        let agreement: Double
        let agreementLow: Double
        let agreementHigh: Double
        let divergenceNats: Double?
        let isChosen: Bool
    }

    /// Searches; what it is doing goes to standard error.
    func run(
        _ input: HardenInput, calibration: [[UInt8]], heldOut: [[UInt8]]
    ) throws -> TermSearch.Result {
        guard case .float(let imported) = input else {
            throw CommandError(
                ExitCode(64), "integers that training found have their terms; leave --drop out")
        }
        if Double(heldOut.count) * drop < 100 {
            Terminal.note(
                "one of \(heldOut.count) held-out images is more than \(drop) points: give more --images, "
                    + "or a larger --drop or --hold-out")
        }
        do {
            return try TermSearch.search(
                imported.network, calibration: calibration, heldOut: heldOut, options: options, drop: drop,
                crew: crew, fullAdders: Self.fullAdders,
                attempt: { layers in
                    Terminal.note("sums of two powers of two in \(layers.count) layers")
                },
                progress: { progress in
                    // Fifty lines for every attempt would hide the attempts.
                    if case .hardened = progress { return }
                    HardenProgress.show(progress)
                })
        } catch {
            throw HardenInput.failure(error)
        }
    }

    /// Full adders of every layer, all its lanes, in the chip that `chip report` shows unasked.
    private static func fullAdders(_ artifact: BackboneArtifact) -> [Int] {
        let design = ChipPreset.rows.design(for: artifact.network)
        // Weights as they are need no new artefact, which alone could fail; presets fit every network.
        guard let lanes = LanePlan(network: artifact.network, cyclesPerImage: design.cyclesPerImage),
            let census = try? ChipWeights(artifact: artifact).census(
                SweepWeights(exponents: 7, pruned: 0), cut: design.cut, sharesPairs: false)
        else { preconditionFailure("the preset makes a chip of every artefact") }
        return zip(census, lanes.layers).map { $0.fullAdders * $1.lanes }
    }

    /// What was tried, from the fewest adders on.
    static func rows(_ result: TermSearch.Result, _ network: NetworkDescription) -> [Row] {
        result.points.enumerated().map { index, point in
            Row(
                layersOfSums: point.layers.sorted().map { network.layers[$0].name },
                fullAddersCounted: point.fullAdders, agreement: point.agreement.fraction,
                agreementLow: point.agreement.wilson95.lowerBound,
                agreementHigh: point.agreement.wilson95.upperBound,
                divergenceNats: point.network.report.heldOut?.divergence?.value,
                isChosen: index == result.chosen)
        }
    }

    /// The table for people.
    static func table(_ result: TermSearch.Result) -> String {
        let least = result.points.map(\.fullAdders).min() ?? 1
        var rows = [["LAYERS OF SUMS", "FULL ADDERS (COUNTED)", "OF SINGLE", "SAME CLASS, HELD OUT", ""]]
        for (index, point) in result.points.enumerated() {
            rows.append([
                "\(point.layers.count)", Format.count(point.fullAdders),
                Format.percent(Double(point.fullAdders) / Double(max(least, 1))), "\(point.agreement)",
                index == result.chosen ? "chosen" : "",
            ])
        }
        return Format.table(rows).joined(separator: "\n")
    }

    /// The table as CSV, with the names of the layers.
    static func csv(_ result: TermSearch.Result, _ network: NetworkDescription) -> String {
        let heading =
            "layers_of_sums,full_adders_counted,agreement,agreement_low,agreement_high,divergence_nats,chosen,names"
        let lines = rows(result, network).map { row in
            let numbers = [row.agreement, row.agreementLow, row.agreementHigh].map {
                String(format: "%.4f", $0)
            }
            return
                "\(row.layersOfSums.count),\(row.fullAddersCounted),\(numbers.joined(separator: ",")),"
                + (row.divergenceNats.map { String(format: "%.4f", $0) } ?? "")
                + ",\(row.isChosen),\(row.layersOfSums.joined(separator: " "))"
        }
        return ([heading] + lines).joined(separator: "\n") + "\n"
    }
}
