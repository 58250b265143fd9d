import Artifacts
import ChipModel
import HardenedBackbone
import PipelineMessages

/// The rows of a `sensitivity.json` that have an area of their own.
struct SensitivityFile: Decodable {
    struct Subject: Decodable {
        let digest: String
    }

    struct Row: Decodable {
        let study: String
        let setting: String
        let treatmentName: String
        let images: Int
        let accuracy, accuracyLow, accuracyHigh: Double
    }

    let subject: Subject
    let rows: [Row]

    /// Reads the report of `artifact`: the artefact as it is, fewer exponents and pruning with corrected biases.
    ///
    /// - Throws: where the file is of another artefact, or a row is not one that `report sensitivity` writes.
    static func read(_ path: String, for artifact: BackboneArtifact) throws -> [MeasuredRow] {
        let bytes = try InputFile.read(path, bytesMax: JSONRecord.bytesMax)
        let file: SensitivityFile
        do throws(RecordError) {
            file = try JSONRecord.decode(Self.self, from: bytes)
        } catch {
            throw CommandError(Exit.badInput, "\(path): \(error.problem); give a sensitivity.json")
        }
        guard file.subject.digest == artifact.digest.hex else {
            throw CommandError(
                Exit.badInput,
                "\(path) is about backbone \(file.subject.digest.prefix(12)), not \(artifact.digest.hex.prefix(12)); "
                    + "run report sensitivity for this model")
        }
        let wanted = file.rows.filter { row in
            row.study == "baseline" && row.treatmentName == "as_is"
                || ["exponents", "pruning"].contains(row.study) && row.treatmentName == "bias_corrected"
        }
        guard wanted.count <= 256 else {
            throw CommandError(
                Exit.badInput, "\(path) has \(wanted.count) rows of exponents and pruning, more than 256")
        }
        return try wanted.map { row in
            guard let measured = MeasuredRow(row) else {
                throw CommandError(
                    Exit.badInput,
                    "\(path): the row \(row.study) '\(row.setting.prefix(20))' is not one of report sensitivity"
                )
            }
            return measured
        }
    }
}

/// A row whose numbers are legal, with the weights that it is about.
struct MeasuredRow {
    let weights: SweepWeights
    private let row: SensitivityFile.Row

    init?(_ row: SensitivityFile.Row) {
        guard row.accuracyLow >= 0, row.accuracyLow <= row.accuracy, row.accuracy <= row.accuracyHigh,
            row.accuracyHigh <= 1, row.images > 0
        else { return nil }
        let setting = Int(row.setting)
        switch row.study {
        case "exponents":
            guard let setting, ChipCostOptions.exponentRange.contains(setting) else { return nil }
            weights = SweepWeights(exponents: setting)
        case "pruning":
            guard let setting, ChipCostOptions.pruneRange.contains(setting) else { return nil }
            weights = SweepWeights(pruned: setting)
        default: weights = SweepWeights()
        }
        self.row = row
    }

    /// The row beside the area of its chip.
    func point(placedArea: Estimate) -> AccuracyPoint {
        AccuracyPoint(
            study: row.study, setting: row.setting,
            accuracy: (row.accuracy, row.accuracyLow, row.accuracyHigh), images: row.images,
            placedArea: placedArea)
    }
}
