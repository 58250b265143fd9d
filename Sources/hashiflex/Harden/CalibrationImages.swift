import ArgumentParser
import Hardening
import ImageDecoding
import Ingest

/// The images that a network is calibrated on.
enum CalibrationImages {
    /// The first `count` readable images of a source, as tensors.
    ///
    /// A bad image is passed over and counted; a source without a good one ends the command.
    static func read(_ path: String, count: Int, _ preparation: TensorPreparation) throws -> [[UInt8]] {
        var source: any ImageSource
        do {
            source = try ImageSourceFactory.open(path)
        } catch {
            throw CommandError(Exit.badInput, "--calibration: \(error)")
        }
        var tensors: [[UInt8]] = []
        var bad = (count: 0, first: "")
        func pass(over id: String, _ reason: String) {
            if bad.count == 0 { bad.first = "\(id): \(reason)" }
            bad.count += 1
        }
        while tensors.count < count, let outcome = try source.next() {
            switch outcome {
            case .unreadable(let id, let reason): pass(over: id, reason)
            case .image(let image):
                do {
                    tensors.append(try preparation.tensor(of: image))
                } catch {
                    pass(over: image.id, "\(error)")
                }
            }
        }
        guard !tensors.isEmpty else {
            let reason = bad.count == 0 ? "" : "; \(bad.count) could not be read, first \(bad.first)"
            throw CommandError(
                Exit.badInput, "--calibration \(path) has no images\(reason); name a source of typical images"
            )
        }
        if bad.count > 0 {
            Terminal.note("passed over \(bad.count) unreadable calibration images, first \(bad.first)")
        }
        if tensors.count < HardeningOptions.imagesAdvised {
            Terminal.note(
                "only \(tensors.count) calibration images: the corrections are unsure below "
                    + "\(HardeningOptions.imagesAdvised)")
        }
        return tensors
    }
}
