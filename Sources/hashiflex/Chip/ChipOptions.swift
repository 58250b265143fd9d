import ArgumentParser
import ChipModel
import HardenedBackbone
import HardenedModel

/// The artefact of a chip command.
struct ChipModelArgument: ParsableArguments {
    @Argument(help: "The hardened backbone, a safetensors file. Default: the built-in one.")
    var model: String?

    /// The backbone, with or without a head frozen into it.
    func load() throws -> HardenedModel {
        var options = ModelOptions()
        (options.model, options.isa) = (model, nil)
        return try options.load()
    }

    /// The backbone alone.
    func backbone() throws -> BackboneArtifact { try load().backbone }
}

/// The design choices that chip commands share.
struct ChipDesignOptions: ParsableArguments {
    @Option(help: "Start from a design that meets both published rates: rows or classes.")
    var preset = ChipPreset.rows
    @Option(help: "Clock in MHz.") var clock: Double?
    @Option(help: "Cycles between two images of one datapath.") var cycles: Int?
    @Option(help: "Multiply-accumulates of one NPU in one cycle.") var npuMacs: Int?
    @Option(help: "Copies of the hardened backbone.") var datapaths = 1
    @Option(help: "NPUs that the datapaths share.") var npus = 1
    @Option(help: "Register stages of every layer.") var depth: Int?
    @Flag(help: "Harden the head as well: no NPU.") var freezeHead = false

    func validate() throws {
        try requireRange("--clock", clock, in: ChipDesign.clockRange)
        try requireRange("--npu-macs", npuMacs, in: HeadService.macsRange)
        try requireRange("--datapaths", datapaths, in: ChipDesign.unitRange)
        try requireRange("--npus", npus, in: ChipDesign.unitRange)
        try requireRange("--depth", depth, in: DepthPlan.range)
    }

    /// The design for `network`; what depends on the network is checked here.
    func design(for network: NetworkDescription) throws -> ChipDesign {
        try requireRange("--cycles", cycles, in: LanePlan.cyclesRange(of: network))
        var design = preset.design(for: network)
        if let clock { design.clock = clock }
        if let cycles { design.cyclesPerImage = cycles }
        if let npuMacs { design.npuMACs = npuMacs }
        if let depth { design.depth = .uniform(depth, of: network) }
        design.datapaths = datapaths
        design.npus = npus
        design.isHeadFrozen = freezeHead
        return design
    }
}

extension ChipPreset: ExpressibleByArgument {}
