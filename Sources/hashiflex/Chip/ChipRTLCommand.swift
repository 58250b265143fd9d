import ArgumentParser
import Artifacts
import ChipModel
import ChipRTL
import ChipTools
import ClassifierHead
import Foundation
import HardenedBackbone
import PipelineMessages

/// `hashiflex chip rtl`.
struct ChipRTLCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rtl",
        abstract: "Write the hardened network as SystemVerilog.",
        discussion: """
            Cores with every weight as wires and adders, row buffers, residual buffers, pool, credits and the \
            NPU with two banks of weights. There is no multiplier outside of the NPU. With --layers, only \
            some consecutive layers: blocks (b02) or single layers (b02.expand).

            The same model and options give the same bytes. The folder appears whole or not at all.
            """)

    @OptionGroup var model: ChipModelArgument
    @Option(name: .shortAndLong, help: "The folder to write.") var output: String
    @Option(help: "Take the number of classes from this head.") var head: String?
    @Option(help: "Classes that the NPU holds. Default: 10, or the head's.") var classes: Int?
    @Option(help: "Only these consecutive layers, with commas between them.") var layers: String?
    @Option(help: "How cores are written: simulation or area.") var style = CoreStyle.simulation
    @Option(help: "Cycles between two images. Default: one input pixel a cycle.") var cycles: Int?
    @Option(help: "Register stages of every layer.") var depth = 3
    @Option(help: "Multiply-accumulates of the NPU in a cycle. Default: one class a cycle.") var npuMacs: Int?
    @Option(help: "Images under way at most. Default: as few as never hold the pipeline up.") var credits:
        Int?
    @Flag(help: "Replace a folder that holds something.") var force = false

    func validate() throws {
        try requireRange("--classes", classes, in: ClassifierHead.classCountRange)
        try requireRange("--depth", depth, in: NetworkRTL.depths)
        try requireRange("--npu-macs", npuMacs, in: HeadService.macsRange)
        try requireRange("--credits", credits, in: 1...NetworkRTL.creditsMax)
        if head != nil, classes != nil { throw ValidationError("give --head or --classes, not both") }
    }

    func run() throws {
        try runCommand {
            let artifact = try model.backbone()
            let rtl = try design(artifact)
            let folder = try StagedFolder(for: output, replacing: force)
            var names: [String] = []
            for file in rtl.files + rtl.sharedFiles(style: style) {
                try folder.write(file.bytes, to: file.name)
                names.append(file.name)
            }
            // Layer by layer: a full-width core is a large text.
            for layer in rtl.range {
                for file in rtl.core(layer, style: style) {
                    try folder.write(file.bytes, to: file.name)
                    names.append(file.name)
                }
            }
            try folder.write(artifact.encoded(), to: NetworkManifest.artifactName)
            let manifest = NetworkManifest(rtl, style: style, files: names)
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
            try folder.write(Array(try encoder.encode(manifest)) + [10], to: NetworkManifest.fileName)
            try folder.commit()
            let lanes = rtl.range.map { rtl.schedule.plan.layers[$0].lanes }
            Terminal.print(
                "written        \(output): \(names.count) modules, top \(manifest.top), style \(style.rawValue)"
            )
            Terminal.print(
                "modelled       one image every \(manifest.cyclesPerImage) cycles, \(rtl.schedule.latency) cycles "
                    + "to its features, up to \(lanes.max() ?? 1) lanes")
            if let npu = rtl.npu {
                Terminal.print(
                    "NPU            \(npu.classes) classes, \(npu.macs) MACs, \(npu.words) cycles an image; "
                        + "\(rtl.credits) images under way")
            }
        }
    }

    private func design(_ artifact: BackboneArtifact) throws -> NetworkRTL {
        let network = artifact.network
        let pixels = network.inputSize * network.inputSize
        try requireRange(
            "--cycles", cycles, in: network.inputSize...LanePlan.cyclesRange(of: network).upperBound)
        guard let plan = LanePlan(network: network, cyclesPerImage: cycles ?? pixels) else {
            throw CommandError(Exit.badInput, "no lanes for \(cycles ?? pixels) cycles")
        }
        let stages = DepthPlan.uniform(depth, of: network)
        let generator = "hashiflex \(BuildFacts.version)"
        if let layers {
            return try NetworkRTL(
                artifact, plan: plan, depth: stages, layers: try range(layers, network), generator: generator)
        }
        let macs = npuMacs ?? network.featureCount
        let count = try classes ?? head.map { try HeadFile.read($0).0.classCount } ?? 10
        guard let npu = NPUShape(features: network.featureCount, classes: count, macs: macs) else {
            let legal = NPUShape.legalMACs(features: network.featureCount).map(String.init)
            throw ValidationError("--npu-macs is one of \(legal.joined(separator: ", ")), not \(macs)")
        }
        return try NetworkRTL(
            artifact, plan: plan, depth: stages, npu: npu, credits: credits, generator: generator)
    }

    /// The layers of `names`, which are layers or whole blocks and follow each other.
    private func range(_ names: String, _ network: NetworkDescription) throws -> Range<Int> {
        var chosen = Set<Int>()
        for name in names.split(separator: ",") {
            let found = network.layers.indices.filter {
                network.layers[$0].name == name || network.layers[$0].name.hasPrefix("\(name).")
            }
            guard !found.isEmpty else {
                throw ValidationError(
                    "--layers: there is no layer or block '\(name)'; the first are stem, b00, b01")
            }
            chosen.formUnion(found)
        }
        guard let first = chosen.min(), let last = chosen.max(), chosen.count == last - first + 1 else {
            throw ValidationError("--layers: name layers that follow each other")
        }
        return first..<last + 1
    }
}

extension CoreStyle: ExpressibleByArgument {}
