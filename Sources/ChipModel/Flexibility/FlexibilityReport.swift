import ClassifierHead
import Figures

/// The cuts as one record; each figure stands under the name of its kind.
public struct FlexibilityReport: Sendable, Encodable {
    /// One measured result.
    public struct Result: Sendable, Encodable {
        /// The file it was read from, and what it was measured with and on.
        public let file, backbone, head, data: String
        /// First answers that were right, of so many images.
        public let correct, images: Int
        /// The share and its Wilson 95 % interval.
        public let accuracy, low, high: Double

        init(_ result: MeasuredAccuracy) {
            (file, backbone, head) = (result.file, result.backbone, result.head)
            data = result.data.name
            (correct, images) = (result.correct, result.total)
            accuracy = result.accuracy.fraction
            (low, high) = (result.accuracy.wilson95.lowerBound, result.accuracy.wilson95.upperBound)
        }
    }

    /// What training gave back: measured at three points, and nothing is known between them.
    public struct Measured: Sendable, Encodable {
        /// The deployed head; absent where it was not evaluated.
        public let frozen: Result?
        /// A new head, and a whole new network.
        public let headOnly, allLayers: Result
        /// What a new head gives back; absent without ``frozen``.
        public let byHead: RecoveredAccuracy.Change?
        /// What all layers give beyond it.
        public let beyondHead: RecoveredAccuracy.Change
        /// Share of all that can be given back that the head alone gives.
        public let shareByHead: Double?

        init(_ recovered: RecoveredAccuracy) {
            frozen = recovered.frozen.map(Result.init)
            (headOnly, allLayers) = (Result(recovered.headOnly), Result(recovered.allLayers))
            (byHead, beyondHead) = (recovered.byHead, recovered.beyondHead)
            shareByHead = recovered.shareByHead
        }
    }

    /// The artefact.
    public let subject: ChipReport.Subject
    /// The design that the cuts start from; its head is programmable.
    public let design: ChipReport.Design
    /// What the report is a special case of.
    public let formalism =
        "Kao, Kwon, Pellauer, Parashar, Krishna: A Formalism of DNN Accelerator Flexibility, 2022, arXiv 2206.02987"
    /// The frozen chip, then the programmable head, then one more programmable layer each.
    public let cuts: [FlexibilityCut]
    /// Accuracy; absent without results.
    public let measured: Measured?
    /// The cuts that end with a block, for tables that people read.
    let blockCuts: [FlexibilityCut]

    private enum CodingKeys: CodingKey { case subject, design, formalism, cuts, measured }

    /// Reports `study`.
    public init(_ study: FlexibilityStudy, subject: ChipReport.Subject, accuracy: RecoveredAccuracy? = nil) {
        self.subject = subject
        design = ChipReport(study.open, subject: subject).design
        (cuts, blockCuts) = (study.cuts, study.blockCuts)
        measured = accuracy.map(Measured.init)
    }

    /// The cut in which the head alone can change.
    var headOnly: FlexibilityCut { cuts[1] }
    /// The cut in which everything can.
    var allLayers: FlexibilityCut { cuts[cuts.count - 1] }

    /// All cuts as comma-separated values; the kind ends every column's name.
    public var csv: String {
        let header = [
            "cut", "programmable_layers", "first_programmable_layer", "parameters_counted",
            "parameter_share_counted", "macs_counted", "mac_share_counted", "classes_counted",
            "class_share_counted", "images_per_second_same_npus_modelled", "npu_macs_modelled",
            "images_per_second_modelled", "placed_mm2_low_modelled", "placed_mm2_modelled",
            "placed_mm2_high_modelled", "area_share_modelled", "microjoules_low_modelled",
            "microjoules_modelled", "microjoules_high_modelled", "energy_share_modelled", "correct_measured",
            "images_measured",
        ]
        let rows = cuts.map { cut in
            let (counted, modelled) = (cut.counted, cut.modelled)
            let (area, energy) = (modelled.squareMillimetres, modelled.microjoules)
            let result = result(of: cut)
            return [
                cut.name, "\(cut.layers)", cut.firstLayer ?? "", "\(counted.parameters)",
                Number.text(counted.parameterShare, places: 6), "\(counted.macs)",
                Number.text(counted.macShare, places: 6), "\(counted.classes)",
                Number.text(counted.classShare, places: 0),
                Number.text(modelled.imagesPerSecondSameNpus, places: 0), "\(modelled.npuMacs)",
                Number.text(modelled.imagesPerSecond, places: 0), Number.text(area.low, places: 4),
                Number.text(area.value, places: 4), Number.text(area.high, places: 4),
                Number.text(modelled.areaShare, places: 6), Number.text(energy.low, places: 4),
                Number.text(energy.value, places: 4), Number.text(energy.high, places: 4),
                Number.text(modelled.energyShare, places: 6), result.map { "\($0.correct)" } ?? "",
                result.map { "\($0.images)" } ?? "",
            ]
        }
        return CommaSeparated.text([header] + rows)
    }

    /// The result that was measured for a cut; most have none.
    package func result(of cut: FlexibilityCut) -> Result? {
        if !cut.isHeadProgrammable { return measured?.frozen }
        if cut.layers == 0 { return measured?.headOnly }
        return cut.layers == allLayers.layers ? measured?.allLayers : nil
    }
}
