import HardenedBackbone
import ImageDecoding
import Ingest

extension BackboneArtifact {
    /// The preprocessing that the artefact states.
    var statedPreprocessing: StatedPreprocessing { StatedPreprocessing(preprocessing) }

    /// Preparation of the images that the artefact was made for.
    ///
    /// - Throws: `CommandError` with exit code 65 if this version does not know what the artefact states.
    func preparation() throws -> TensorPreparation {
        do throws(PreprocessingError) {
            return try statedPreprocessing.preparation(size: network.inputSize)
        } catch {
            throw CommandError(Exit.badInput, "the backbone's \(error)")
        }
    }
}

extension TensorPreparation {
    /// The pixels of a source's image, upright where the preprocessing says so.
    func pixels(of image: SourceImage) throws(ImageDecodingError) -> RGBImage {
        switch image.content {
        case .pixels(let pixels): pixels
        case .encoded(let bytes, _): try decode(bytes)
        }
    }

    /// The tensor of a source's image.
    func tensor(of image: SourceImage) throws(ImageDecodingError) -> [UInt8] {
        tensor(try pixels(of: image))
    }
}
