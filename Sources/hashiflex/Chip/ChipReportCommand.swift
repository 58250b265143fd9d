import ArgumentParser
import ChipModel
import HardenedBackbone
import HardenedModel
import PipelineMessages

/// `hashiflex chip report`.
struct ChipReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Work out one chip: throughput, adders, area, energy, by layer and in all.",
        discussion: """
            Adders and flip-flops are counted in the artefact's own weights, cycles come from the row schedule, \
            areas and clocks from laws of cells synthesised for ASAP7 (predictive), the rest is modelled, with \
            ranges. A clock that the timing table does not close is refused, with the layer and what would close it.
            """)

    @OptionGroup var model: ChipModelArgument
    @OptionGroup var design: ChipDesignOptions
    @OptionGroup var cost: ChipCostOptions
    @Option(help: "Keep this many exponents of each channel first: 1 to 7.") var exponents = 7
    @Option(help: "Prune the smallest weights of 1x1 layers to this many percent zeros first.") var prune = 0
    @Option(help: "Images under way in each datapath. Default: as many as the full rate needs.")
    var credits: Int?
    @Option(help: "Pixels that can be brought in, GB/s. Default: no limit.") var inputBandwidth: Double?
    @Option(help: "A sensitivity.json of this model: adds accuracy against area to the page and the JSON.")
    var sensitivity: String?
    @Option(help: "Write the layers as comma-separated values.") var csv: String?
    @Option(help: "Write chip.html to this folder; made if missing.") var html: String?
    @Flag(help: "Print the report as JSON.") var json = false

    func validate() throws {
        try requireRange("--exponents", exponents, in: ChipCostOptions.exponentRange)
        try requireRange("--prune", prune, in: ChipCostOptions.pruneRange)
        try requireRange("--credits", credits, in: 1...1_000_000)
        try requireRange("--input-bandwidth", inputBandwidth, in: 0.001...1_000_000)
        if sensitivity != nil, exponents < 7 || prune > 0 || cost.sharePairs {
            throw ValidationError(
                "--sensitivity is about the weights as they are: leave out --exponents, --prune and --share-pairs"
            )
        }
    }

    func run() throws {
        try runCommand {
            // First, so that a long count does not end at a folder that can not be written.
            if let html { try OutputFolder.prepare(html) }
            let loaded = try model.load()
            let artifact = loaded.backbone
            let network = artifact.network
            var chosen = cost.applied(to: try design.design(for: network), of: network)
            // A frozen head can be nothing but hardened.
            if loaded.frozenHead != nil { chosen.isHeadFrozen = true }
            // A clock that can not be is refused before the adders are counted.
            if let refusal = ClockCheck(network, chosen).refusal {
                throw CommandError(ExitCode(64), "\(refusal)")
            }
            let head = try cost.headFacts(for: loaded)
            let weights = ChipWeights(artifact: artifact)
            let treatment = SweepWeights(exponents: exponents, pruned: prune)
            let rows = try sensitivity.map { try SensitivityFile.read($0, for: artifact) } ?? []
            let chip = try ChipCost(
                network,
                census: try weights.census(treatment, cut: chosen.cut, sharesPairs: cost.sharePairs),
                design: chosen, head: head, credits: credits, inputBandwidth: inputBandwidth.map { $0 * 1e9 })
            let points = try rows.map { row in
                let layers = try weights.layers(row.weights)
                return row.point(
                    placedArea: chip.placedArea(nonZeroWeights: layers.map { $0.weights.count { $0 != 0 } }))
            }
            let report = ChipReport(
                chip, subject: .init(artifact, treatment: treatment.treatment, head: head), accuracy: points)
            if let csv { try InputFile.write(Array(report.csv.utf8), to: csv) }
            if let html { try InputFile.write(Array(report.html.utf8), to: "\(html)/chip.html") }
            if json { return Terminal.printJSON(report) }
            for line in report.lines { Terminal.print(line) }
            let files = [csv, html.map { "\($0)/chip.html" }].compactMap { $0 }
            if !files.isEmpty { Terminal.print("written: \(files.joined(separator: ", "))") }
        }
    }
}
