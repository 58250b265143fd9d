import ArgumentParser
import ChipModel
import PipelineMessages

/// What `hashiflex evaluate --json` printed, read again.
struct EvaluationResultFile: Decodable {
    struct Share: Decodable {
        let correct, images: Int
    }

    struct ClassResult: Decodable {
        let name: String
        let recall: Share
    }

    struct Summary: Decodable {
        let top1: Share
        let foreignImages: Int
        let classes: [ClassResult]
    }

    struct Head: Decodable {
        let head, digest: String
        let summary: Summary
    }

    let backbone, data: String
    let images, undecodable: Int
    let heads: [Head]

    /// The only head's result.
    ///
    /// - Throws: `CommandError` naming the file and what is wrong with it.
    static func read(_ path: String) throws -> MeasuredAccuracy {
        let file: EvaluationResultFile
        do throws(RecordError) {
            file = try JSONRecord.decode(Self.self, from: try bytes(path))
        } catch {
            throw CommandError(
                Exit.badInput, "\(path): \(error.problem); give what `hashiflex evaluate --json` printed")
        }
        guard file.heads.count == 1, let head = file.heads.first else {
            throw CommandError(
                Exit.badInput, "\(path): \(file.heads.count) heads; evaluate one --head at a time")
        }
        let (top1, classes) = (head.summary.top1, head.summary.classes)
        let foreign = head.summary.foreignImages
        let counts = [top1.images, file.images, file.undecodable, foreign] + classes.map(\.recall.images)
        // Sums of numbers in this range can not overflow.
        guard counts.allSatisfy({ (0...1 << 40).contains($0) }), (0...top1.images).contains(top1.correct),
            top1.images > 0, classes.reduce(0, { $0 + $1.recall.images }) == top1.images,
            top1.images + foreign == file.images
        else {
            throw CommandError(
                Exit.badInput, "\(path): its numbers of images do not add up; evaluate the head again")
        }
        return MeasuredAccuracy(
            file: path, backbone: file.backbone, head: head.head, headDigest: head.digest,
            data: .init(
                name: file.data, images: file.images, undecodable: file.undecodable, foreignImages: foreign,
                classes: classes.map(\.name), imagesOfClass: classes.map(\.recall.images)),
            correct: top1.correct, total: top1.images)
    }

    private static func bytes(_ path: String) throws(RecordError) -> [UInt8] {
        do {
            return try InputFile.read(path, bytesMax: JSONRecord.bytesMax)
        } catch {
            throw RecordError(record: "evaluation", problem: (error as? CommandError)?.text ?? "\(error)")
        }
    }
}
