import ArgumentParser
import ChipModel
import ClassifierHead
import HardenedBackbone
import PipelineMessages

extension ChipCommand {
    /// `hashiflex chip simulate`.
    struct Simulate: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Simulate the chip cycle by cycle: rate, latency, queues, stalls, shared layers.",
            discussion: """
                Images wait in one queue, enter a datapath where a credit is free, and their features wait for a \
                shared NPU; exact to the cycle. With two or more datapaths it proposes layers that they can \
                share without losing rate, and simulates both chips row by row.

                A trace is CSV: the header arrival_us or arrival_s, then one time a line, never falling.

                Examples:
                  hashiflex chip simulate
                  hashiflex chip simulate --arrivals poisson --rate 1000000 --images 100000
                  hashiflex chip simulate --datapaths 4 --npus 4 --freeze-head
                """)

        @OptionGroup var model: ChipModelArgument
        @OptionGroup var options: ChipDesignOptions
        @Option(help: "Classes of the head. Default: 1000, as in the paper.") var classes: Int?
        @Option(help: "Take the classes of this head: a file, builtin:v1 or builtin:v2.") var head: String?
        @Option(help: "Images to simulate. Default: 10000, or the whole trace.") var images: Int?
        @Option(
            help: ArgumentHelp(
                "When images come: saturated, periodic, poisson or a trace file.",
                discussion: "Saturated: an image always waits; latency counts from its entry."))
        var arrivals = "saturated"
        @Option(help: "Images a second: periodic and poisson need it, a trace is scaled to it.")
        var rate: Double?
        @Option(help: "Seed of poisson arrivals. Default: 1.") var seed: UInt64?
        @Option(help: "Images that one datapath may have under way. Default: as full rate needs.")
        var credits: Int?
        @Option(help: "Bytes a second into the chip. Default: no limit.") var bandwidth: Double?
        @Option(help: "Most images that wait in front of the chip; later ones are dropped.")
        var queue: Int?
        @Option(help: "um2 of cells for one weight that is not zero, to state what sharing saves.")
        var weightArea: Double?
        @Option(help: "um2 of a two-to-one multiplexer bit; 0.13122 is AO22x1 of ASAP7.")
        var multiplexerArea = 0.13122
        @Flag(help: "Print JSON.") var json = false
        @Option(help: "Write every image's cycles to this CSV file.") var csv: String?

        /// Images that a CSV file may have.
        static let csvImages = 1...1_000_000
        /// Areas of a cell, in um2.
        static let areaRange = 0.001...1_000.0

        func validate() throws {
            try requireRange("--classes", classes, in: ClassifierHead.classCountRange)
            try requireRange("--images", images, in: ChipSimulation.imageRange)
            try requireRange("--rate", rate, in: ArrivalProcess.rateRange)
            try requireRange("--credits", credits, in: ChipSetup.creditRange)
            try requireRange("--bandwidth", bandwidth, in: ChipSetup.bandwidthRange)
            try requireRange("--queue", queue, in: ChipSetup.queueRange)
            try requireRange("--weight-area", weightArea, in: Self.areaRange)
            try requireRange("--multiplexer-area", multiplexerArea, in: Self.areaRange)
            if csv != nil { try requireRange("--images with --csv", images, in: Self.csvImages) }
            if classes != nil, head != nil {
                throw ValidationError("give --classes or --head, not both")
            }
            if rate == nil, ["periodic", "poisson"].contains(arrivals) {
                throw ValidationError("--arrivals \(arrivals) needs --rate, in images a second")
            }
            if arrivals == "saturated", rate != nil || queue != nil {
                throw ValidationError(
                    "--rate and --queue need arrivals: --arrivals periodic, poisson or a trace file")
            }
            if seed != nil, arrivals != "poisson" { throw ValidationError("--seed needs --arrivals poisson") }
        }

        func run() throws {
            try runCommand {
                let artifact = try model.backbone()
                let setup = try setup(artifact)
                let process = try process()
                let count = try count(process, setup)
                let run = ChipSimulation(setup).run(process, images: count)
                if let csv { try InputFile.write(Array(Self.csv(run).utf8), to: csv) }
                let report = ChipSimulationReport(
                    setup, process, run, name: arrivals, sharing: sharing(setup, artifact))
                if json { return Terminal.printJSON(report) }
                for line in report.lines { Terminal.print(line) }
            }
        }

        private func setup(_ artifact: BackboneArtifact) throws -> ChipSetup {
            let network = artifact.network
            let design = try options.design(for: network)
            var classCount = classes ?? 1_000
            if let head {
                let file = try HeadFile.read(head).0
                do throws(HeadError) {
                    try file.verify(
                        fits: artifact.digest, featureCount: network.featureCount,
                        preprocessing: artifact.preprocessing)
                } catch {
                    throw CommandError(Exit.badInput, "\(head): \(error)")
                }
                classCount = file.classCount
            }
            guard var setup = ChipSetup(design, network: network, classes: classCount) else {
                let legal = LanePlan.cyclesRange(of: network)
                throw CommandError(
                    ExitCode(64),
                    "this network takes \(legal.lowerBound) to \(legal.upperBound) cycles an image, not "
                        + "\(design.cyclesPerImage): see --cycles")
            }
            if let credits { setup.credits = credits }
            setup.bandwidth = bandwidth
            setup.queueLimit = queue
            return setup
        }

        private func process() throws -> ArrivalProcess {
            switch arrivals {
            case "saturated": return .saturated
            case "periodic": return .periodic(rate: rate ?? 1)
            case "poisson": return .poisson(rate: rate ?? 1, seed: seed ?? 1)
            default:
                do throws(ArrivalTraceError) {
                    let trace = try ArrivalTrace(decoding: readTrace())
                    guard rate == nil || trace.rate > 0 else {
                        throw ArrivalTraceError(
                            line: nil, problem: "all images come at once: there is no rate to scale")
                    }
                    return .recorded(trace, rate: rate)
                } catch {
                    throw CommandError(Exit.badInput, "\(arrivals): \(error)")
                }
            }
        }

        private func readTrace() throws(ArrivalTraceError) -> [UInt8] {
            do {
                return try InputFile.read(arrivals, bytesMax: ArrivalTrace.bytesMax)
            } catch {
                let reason = (error as? CommandError)?.text ?? "\(error)"
                throw ArrivalTraceError(
                    line: nil,
                    problem:
                        "neither saturated, periodic, poisson nor a trace file that can be read (\(reason))")
            }
        }

        /// How many images there are; a rate so low that they never come is named.
        private func count(_ process: ArrivalProcess, _ setup: ChipSetup) throws -> Int {
            var count = images ?? 10_000
            if case .recorded(let trace, _) = process {
                count = min(images ?? .max, trace.nanoseconds.count)
            }
            if csv != nil { try requireRange("images with --csv", count, in: Self.csvImages) }
            guard process != .saturated else { return count }
            let there = process.cycles(count, clock: setup.clock).count
            guard there == count else {
                throw CommandError(
                    ExitCode(64),
                    "only \(there) of \(count) images come within \(ArrivalProcess.cyclesMax) cycles: "
                        + "--images \(max(1, there)) or a higher --rate")
            }
            return count
        }

        private func sharing(_ setup: ChipSetup, _ artifact: BackboneArtifact) -> SharingReport {
            let areas = weightArea.map { LaneSharing.Areas(weight: $0, multiplexer: multiplexerArea) }
            let weights = artifact.layers.map { layer in layer.weights.count { $0 != 0 } }
            return SharingReport(setup, weights: weights, areas: areas)
        }

        private static func csv(_ run: ChipRun) -> String {
            var text = "image,simulated_arrival_cycle,simulated_entry_cycle,simulated_logits_cycle\n"
            for (number, image) in run.images.enumerated() {
                let entry = image.entry.map(String.init) ?? ""
                let logits = image.logits.map(String.init) ?? ""
                text += "\(number),\(image.arrival),\(entry),\(logits)\n"
            }
            return text
        }
    }
}
