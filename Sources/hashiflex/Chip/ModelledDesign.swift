import ArgumentParser
import ChipModel
import HardenedBackbone
import HardenedModel
import PipelineMessages

/// An artefact, its head and a design: what a modelled chip follows from.
struct ModelledDesign {
    let model: HardenedModel
    let design: ChipDesign
    let head: HeadFacts

    /// The parts that commands are given; a model with a frozen head makes a chip with a hardened one.
    ///
    /// - Throws: `CommandError` for a clock that no layer closes, or a head of another model.
    init(_ model: HardenedModel, _ options: ChipDesignOptions, _ cost: ChipCostOptions) throws {
        let network = model.backbone.network
        try self.init(
            model, design: cost.applied(to: try options.design(for: network), of: network),
            head: try cost.headFacts(for: model))
    }

    /// The artefact called `name`, a file or `built-in`, in a preset's design with 1,000 classes, or its frozen head.
    init(named name: String, preset: ChipPreset) throws {
        var options = ModelOptions()
        (options.model, options.isa) = (name == "built-in" ? nil : name, nil)
        let model = try options.load()
        let network = model.backbone.network
        let head =
            model.frozenHead.map { HeadFacts($0) }
            ?? HeadFacts(
                classes: ChipCostOptions.classesDefault, features: network.featureCount)
        try self.init(model, design: preset.design(for: network), head: head)
    }

    private init(_ model: HardenedModel, design: ChipDesign, head: HeadFacts) throws {
        var design = design
        if model.frozenHead != nil { design.isHeadFrozen = true }
        (self.model, self.design, self.head) = (model, design, head)
        // Said before the adders are counted.
        if let refusal = ClockCheck(model.backbone.network, design).refusal {
            throw CommandError(ExitCode(64), "\(refusal)")
        }
    }

    /// One lane of each layer, counted in the artefact's weights.
    private func census() throws -> [LayerCensus] {
        try ChipWeights(artifact: model.backbone).census(
            SweepWeights(exponents: 7, pruned: 0), cut: design.cut, sharesPairs: design.sharesPairs)
    }

    /// The chip as designed, and with its head hardened.
    func twin() throws -> ChipTwin {
        try ChipTwin(model.backbone.network, census: try census(), design: design, head: head)
    }

    /// All cuts between hardened and programmable.
    func flexibility() throws -> FlexibilityStudy {
        try FlexibilityStudy(model.backbone.network, census: try census(), design: design, head: head)
    }

    /// What a coordinator says of the chip.
    func status() throws -> ChipTwinStatus {
        let twin = try twin()
        return ChipTwinStatus(
            backbone: model.digest, images: twin.chip.imagesPerSecond,
            frozenImages: twin.frozen?.imagesPerSecond, microjoules: twin.chip.microjoules.value)
    }
}
