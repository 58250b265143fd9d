import ArgumentParser
import ChipModel
import HardenedBackbone
import HardenedModel
import PipelineMessages

/// `hashiflex chip sweep`.
struct ChipSweepCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sweep",
        abstract: "Compare many chips: every value of each list with each of the others.",
        discussion: """
            Lists are 1,2,4 or from:to:step. Pareto points are marked: images a second against mm2 and uJ, among \
            points of the same weights. Each point comes with the command that reports it; a point that does not \
            close its clock stays in the table with the reason.
            """)

    /// Whether the head is hardened in the points.
    enum Hardened: String, CaseIterable, ExpressibleByArgument {
        case no, yes, both
    }

    @OptionGroup var model: ChipModelArgument
    @OptionGroup var cost: ChipCostOptions
    @Option(help: "Start from a design that meets both published rates: rows or classes.")
    var preset = ChipPreset.rows
    @Option(help: "Clocks in MHz.") var clock: String?
    @Option(help: "Cycles between two images of one datapath.") var cycles: String?
    @Option(help: "Multiply-accumulates of one NPU in one cycle.") var npuMacs: String?
    @Option(help: "Copies of the hardened backbone.") var datapaths = "1"
    @Option(help: "NPUs that the datapaths share.") var npus = "1"
    @Option(help: "Register stages of every layer. Default: those of the preset.") var depth: String?
    @Option(help: "Exponents of each channel: 1 to 7.") var exponents = "7"
    @Option(help: "Percents of zeros that the smallest weights of 1x1 layers are pruned to.") var prune = "0"
    @Option(help: "Whether the head is hardened as well: no, yes or both.") var freezeHead = Hardened.no
    @Option(help: "Write all points as comma-separated values.") var csv: String?
    @Option(help: "Write chip-sweep.html to this folder; made if missing.") var html: String?
    @Flag(help: "Print the sweep as JSON.") var json = false

    func run() throws {
        try runCommand {
            if let html { try OutputFolder.prepare(html) }
            let loaded = try model.load()
            let artifact = loaded.backbone
            let network = artifact.network
            let base = cost.applied(to: preset.design(for: network), of: network)
            var axes = try axes(base, network)
            // A frozen head can be nothing but hardened.
            if loaded.frozenHead != nil { axes.frozen = [true] }
            if let refusal = axes.refusal { throw CommandError(ExitCode(64), "\(refusal)") }
            let head = try cost.headFacts(for: loaded)
            let weights = ChipWeights(artifact: artifact)
            var census: [SweepWeights: [LayerCensus]] = [:]
            for treatment in axes.weights {
                census[treatment] = try weights.census(
                    treatment, cut: base.cut, sharesPairs: cost.sharePairs)
            }
            let start =
                ["hashiflex chip report"] + (model.model.map { [Shell.quoted($0)] } ?? [])
                + ["--preset", preset.rawValue] + cost.arguments
            let report = try SweepReport(
                network, axes: axes, base: base, census: census, head: head,
                subject: .init(artifact, treatment: "as listed", head: head),
                command: start.joined(separator: " ")
            ) { cost.applied(to: $0, of: network) }
            if let csv { try InputFile.write(Array(report.csv.utf8), to: csv) }
            if let html { try InputFile.write(Array(report.html.utf8), to: "\(html)/chip-sweep.html") }
            if json { return Terminal.printJSON(report) }
            for line in report.lines { Terminal.print(line) }
            let files = [csv, html.map { "\($0)/chip-sweep.html" }].compactMap { $0 }
            if !files.isEmpty { Terminal.print("written: \(files.joined(separator: ", "))") }
        }
    }

    /// The lists, read and bounded.
    private func axes(_ base: ChipDesign, _ network: NetworkDescription) throws -> SweepAxes {
        do throws(ValueListError) {
            var axes = SweepAxes(base)
            if let clock {
                axes.clocks = try ValueList.numbers(clock, option: "--clock", in: ChipDesign.clockRange)
            }
            func integers(
                _ text: String?, _ option: String, _ range: ClosedRange<Int>
            ) throws(ValueListError) -> [Int]? {
                guard let text else { return nil }
                return try ValueList.integers(text, option: option, in: range)
            }
            let cyclesRange = LanePlan.cyclesRange(of: network)
            axes.cycles = try integers(cycles, "--cycles", cyclesRange) ?? axes.cycles
            axes.npuMACs = try integers(npuMacs, "--npu-macs", HeadService.macsRange) ?? axes.npuMACs
            axes.datapaths = try integers(datapaths, "--datapaths", ChipDesign.unitRange) ?? axes.datapaths
            axes.npus = try integers(npus, "--npus", ChipDesign.unitRange) ?? axes.npus
            axes.depths = try integers(depth, "--depth", DepthPlan.range) ?? [nil]
            let kept = try integers(exponents, "--exponents", ChipCostOptions.exponentRange) ?? [7]
            let zeros = try integers(prune, "--prune", ChipCostOptions.pruneRange) ?? [0]
            axes.weights = kept.flatMap { count in
                zeros.map { SweepWeights(exponents: count, pruned: $0) }
            }
            axes.frozen = freezeHead == .both ? [false, true] : [freezeHead == .yes]
            return axes
        } catch {
            throw CommandError(ExitCode(64), "\(error)")
        }
    }
}
