import ArgumentParser
import Artifacts
import ChipModel
import HardenedBackbone
import HardenedModel
import PipelineMessages

extension ReportCommand {
    /// `hashiflex report flexibility`.
    struct Flexibility: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what can still change after deployment, what that costs and what it gives back.",
            discussion: """
                For a chip with a frozen head, with a programmable one, and with the last layers programmable as \
                well: shares of parameters, multiply-accumulates and classes (counted), of area and energy \
                (modelled), the rate of unchanged NPUs and the NPUs that keep the rate (modelled), and accuracy \
                where results are given (measured). After Kao et al., A Formalism of DNN Accelerator Flexibility, \
                2022 (arXiv 2206.02987).

                Results are what `evaluate --json` printed for one head each, on the same images.

                Examples:
                  hashiflex report flexibility
                  hashiflex report flexibility --head-only new-head.json --all-layers new-model.json --html out
                """)

        @OptionGroup var model: ChipModelArgument
        @OptionGroup var options: ChipDesignOptions
        @OptionGroup var cost: ChipCostOptions
        @Option(help: "Result of this backbone with a head fitted for the task.") var headOnly: String?
        @Option(help: "Result of a backbone all of whose layers were trained for the task.")
        var allLayers: String?
        @Option(help: "Result of this backbone with the head as it was deployed.") var frozen: String?
        @Flag(help: "Print JSON.") var json = false
        @Option(help: "Write every cut to this CSV file.") var csv: String?
        @Option(help: "Write flexibility.html into this folder; made if missing.") var html: String?

        func validate() throws {
            if (headOnly == nil) != (allLayers == nil) {
                throw ValidationError(
                    "--head-only and --all-layers go together: one is compared with the other")
            }
            if frozen != nil, headOnly == nil {
                throw ValidationError("--frozen needs --head-only and --all-layers to compare with")
            }
        }

        func run() throws {
            try runCommand {
                if let html { try OutputFolder.prepare(html) }
                let loaded = try model.load()
                let accuracy = try accuracy(loaded)
                let chip = try ModelledDesign(loaded, options, cost)
                let study = try chip.flexibility()
                let report = FlexibilityReport(
                    study, subject: .init(loaded.backbone, treatment: "as it is", head: chip.head),
                    accuracy: accuracy)
                var written: [String] = []
                if let csv {
                    try InputFile.write(Array(report.csv.utf8), to: csv)
                    written.append(csv)
                }
                if let html {
                    try InputFile.write(Array(report.html.utf8), to: "\(html)/flexibility.html")
                    written.append("\(html)/flexibility.html")
                }
                if json { return Terminal.printJSON(report) }
                for line in report.lines { Terminal.print(line) }
                if !written.isEmpty { Terminal.print("written: \(written.joined(separator: ", "))") }
            }
        }

        /// The results, checked against each other and against the model.
        private func accuracy(_ loaded: HardenedModel) throws -> RecoveredAccuracy? {
            guard let headOnly, let allLayers else { return nil }
            let results = (
                frozen: try frozen.map { try EvaluationResultFile.read($0) },
                headOnly: try EvaluationResultFile.read(headOnly),
                allLayers: try EvaluationResultFile.read(allLayers)
            )
            do throws(FlexibilityError) {
                return try RecoveredAccuracy(
                    frozen: results.frozen, headOnly: results.headOnly, allLayers: results.allLayers,
                    backbone: loaded.digest.hex)
            } catch {
                throw CommandError(Exit.badInput, "\(error)")
            }
        }
    }
}
