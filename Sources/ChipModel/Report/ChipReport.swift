import Artifacts
public import HardenedBackbone

/// A design worked out, as one record; each figure stands under the name of its kind.
public struct ChipReport: Sendable, Encodable {
    /// What the chip is made from.
    public struct Subject: Sendable, Encodable {
        /// Digest of the artefact as it was read.
        public let digest: String
        /// What the artefact says of itself.
        public let description: String
        /// Width multiplier, percent.
        public let widthPercent: Int
        /// Rows and columns of an image.
        public let inputSize: Int
        /// What was done to the weights first: nothing, fewer exponents, pruning.
        public let treatment: String
        /// The head.
        public let head: String
        /// Its classes.
        public let classes: Int
        /// Whether the head's shifted adds were counted in it, or assumed.
        public let isHeadCounted: Bool

        /// The artefact, what was done to it, and its head.
        public init(_ artifact: BackboneArtifact, treatment: String, head: HeadFacts) {
            digest = artifact.digest.hex
            description = artifact.description
            (widthPercent, inputSize) = (artifact.network.widthPercent, artifact.network.inputSize)
            self.treatment = treatment
            (self.head, classes, isHeadCounted) = (head.name, head.classes, head.isCounted)
        }
    }

    /// What was chosen.
    public struct Design: Sendable, Encodable {
        /// MHz.
        public let clock: Double
        /// Cycles between two images of a datapath.
        public let cyclesPerImage: Int
        /// MACs of one NPU in one cycle.
        public let npuMacs: Int
        /// Copies of the backbone, and NPUs that they share.
        public let datapaths, npus: Int
        /// Whether the head is hardened.
        public let isHeadFrozen: Bool
        /// Fewest and most register stages of a layer.
        public let depthMin, depthMax: Int
        /// Wire that the clock is closed with, um a segment.
        public let wireMicrometres: Int
        /// Whether pairs of inputs are added once for all neurons.
        public let sharesPairs: Bool
    }

    /// What is printed beside the simulated rates.
    public struct Published: Sendable, Encodable {
        /// Images/s with a programmable head: arXiv 2512.12847.
        public let programmableImagesPerSecond: Double
        /// Images/s with everything hardened.
        public let hardenedImagesPerSecond: Double
    }

    /// The artefact.
    public let subject: Subject
    /// The design.
    public let design: Design
    /// The only figures that are the paper's; clock and NPU width of the presets are fits to them.
    public let published = Published(
        programmableImagesPerSecond: ChipThroughput.published.programmable,
        hardenedImagesPerSecond: ChipThroughput.published.hardened)
    /// Cycles and rates.
    public let simulated: SimulatedTotals
    /// Counts in the weights.
    public let counted: CountedTotals
    /// Cells and clocks by laws of synthesised cells.
    public let synthesisedLaw: SynthesisedTotals
    /// What rests on an estimate.
    public let modelled: ModelledTotals
    /// Every layer.
    public let layers: [LayerRow]
    /// Accuracy of coarser artefacts against their area; empty without a sensitivity report.
    public let accuracy: [AccuracyPoint]
    /// Every constant behind the figures.
    public let constants = CellConstants.all

    /// Reports `cost`.
    public init(_ cost: ChipCost, subject: Subject, accuracy: [AccuracyPoint] = []) {
        self.subject = subject
        let chosen = cost.design
        design = Design(
            clock: chosen.clock, cyclesPerImage: chosen.cyclesPerImage, npuMacs: chosen.npuMACs,
            datapaths: chosen.datapaths, npus: chosen.npus, isHeadFrozen: chosen.isHeadFrozen,
            depthMin: chosen.depth.layers.min() ?? 0, depthMax: chosen.depth.layers.max() ?? 0,
            wireMicrometres: chosen.wire.micrometres,
            sharesPairs: chosen.sharesPairs)
        simulated = SimulatedTotals(cost)
        counted = CountedTotals(cost)
        synthesisedLaw = SynthesisedTotals(cost)
        modelled = ModelledTotals(cost)
        layers = cost.layers.map(LayerRow.init)
        self.accuracy = accuracy
    }
}

/// Measured accuracy of a coarser artefact beside the modelled area of its chip.
public struct AccuracyPoint: Sendable, Encodable {
    /// What was varied: `exponents` or `pruning`; `baseline` for the artefact as it is.
    public let study: String
    /// To what.
    public let setting: String
    /// Measured on `images` images: the share of right answers and its Wilson 95 % interval.
    public let accuracyMeasured, accuracyLowMeasured, accuracyHighMeasured: Double
    /// Images behind the accuracy.
    public let images: Int
    /// Placed area of the whole chip, mm2.
    public let placedMm2Modelled: Estimate

    /// A point of the given parts.
    public init(
        study: String, setting: String, accuracy: (value: Double, low: Double, high: Double), images: Int,
        placedArea: Estimate
    ) {
        (self.study, self.setting, self.images) = (study, setting, images)
        (accuracyMeasured, accuracyLowMeasured, accuracyHighMeasured) = accuracy
        placedMm2Modelled = placedArea
    }
}
