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
    /// One lane of each layer, counted in the artefact's weights.
    let census: [LayerCensus]

    /// The parts that commands are given; a model with a frozen head makes a chip with a hardened one.
    init(_ model: HardenedModel, design: ChipDesign, head: HeadFacts) {
        var design = design
        if model.frozenHead != nil { design.isHeadFrozen = true }
        (self.model, self.design, self.head) = (model, design, head)
        let artifact = model.backbone
        census = zip(artifact.network.layers, artifact.layers).map {
            LayerCensus($0, $1, cut: design.cut)
        }
    }

    /// The artefact called `name`, a file or `built-in`, in a preset's design.
    init(named name: String, preset: ChipPreset) throws {
        var options = ModelOptions()
        (options.model, options.isa) = (name == "built-in" ? nil : name, nil)
        let model = try options.load()
        let network = model.backbone.network
        var head = ChipHeadOptions()
        (head.classes, head.head) = (nil, nil)
        self.init(model, design: preset.design(for: network), head: try head.facts(for: model))
    }

    /// The chip as designed, and with its head hardened.
    ///
    /// - Throws: `CommandError` where no such chip can be built.
    func twin() throws -> ChipTwin {
        try Self.refusing {
            try ChipTwin(model.backbone.network, census: census, design: design, head: head)
        }
    }

    /// All cuts between hardened and programmable.
    func flexibility() throws -> FlexibilityStudy {
        try Self.refusing {
            try FlexibilityStudy(model.backbone.network, census: census, design: design, head: head)
        }
    }

    /// What a coordinator says of the chip.
    var status: ChipTwinStatus {
        get throws {
            let twin = try twin()
            return ChipTwinStatus(
                backbone: model.digest, images: twin.chip.imagesPerSecond,
                frozenImages: twin.frozen?.imagesPerSecond, microjoules: twin.chip.microjoules.value)
        }
    }

    private static func refusing<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as ClockRefusal {
            throw CommandError(ExitCode(64), "\(error)")
        } catch let error as DesignError {
            throw CommandError(ExitCode(64), "\(error)")
        }
    }
}
