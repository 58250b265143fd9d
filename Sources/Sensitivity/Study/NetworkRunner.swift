import Artifacts
import ClassifierHead
import HardenedBackbone
import QuantizedTensors

/// One thread's fast executor of a degraded artefact.
struct NetworkRunner {
    /// How many images' features are held at a time.
    static let batchImages = 64

    private let replica: BackboneReplica
    private let rounding: ActivationRounding?

    init(_ artifact: BackboneArtifact, activationBits: Int) throws(StudyError) {
        do throws(ISATierError) {
            replica = BackboneReplica(try BackbonePlan(artifact))
        } catch {
            throw .tier(error)
        }
        rounding = ActivationRounding(bits: activationBits)
    }

    /// Names the features.
    var digest: ContentDigest { replica.plan.digest }

    /// The features of some images.
    ///
    /// - Shape: `[images, featureCount]`.
    func features(of tensors: LabelledTensors, images: [Int]) -> [UInt8] {
        let network = replica.plan.network
        precondition(tensors.imageBytes == network.imageBytes, "images have the network's input size")
        var features = [UInt8](repeating: 0, count: images.count * network.featureCount)
        features.withUnsafeMutableBufferPointer { features in
            tensors.bytes.withUnsafeBufferPointer { bytes in
                for (row, image) in images.enumerated() {
                    let start = image * tensors.imageBytes
                    extract(
                        UnsafeBufferPointer(rebasing: bytes[start..<start + tensors.imageBytes]),
                        into: UnsafeMutableBufferPointer(
                            rebasing: features[row * network.featureCount..<(row + 1) * network.featureCount]
                        )
                    )
                }
            }
        }
        return features
    }

    private func extract(
        _ image: UnsafeBufferPointer<UInt8>,
        into features: UnsafeMutableBufferPointer<UInt8>
    ) {
        guard let rounding else { return replica.extractFeatures(image: image, into: features) }
        let layers = replica.plan.network.layers
        replica.extractFeatures(
            image: image,
            into: features,
            transform: { index, bytes in rounding.round(bytes, of: layers[index].outputType) }
        )
    }

    /// The class that `bank` answers to every `stride`-th image, from the first on.
    func answers(
        of bank: NPUBank,
        to tensors: LabelledTensors,
        every stride: Int,
        onImages: (Int) -> Void
    ) -> [Int] {
        let indices = Array(Swift.stride(from: 0, to: tensors.count, by: stride))
        var answers: [Int] = []
        answers.reserveCapacity(indices.count)
        for first in Swift.stride(from: 0, to: indices.count, by: Self.batchImages) {
            let batch = Array(indices[first..<min(first + Self.batchImages, indices.count)])
            let features = features(of: tensors, images: batch)
            var logits = [Int32](repeating: 0, count: batch.count * bank.classCount)
            features.withUnsafeBufferPointer { features in
                logits.withUnsafeMutableBufferPointer { logits in
                    bank.logits(features: features, count: batch.count, into: logits)
                    for row in batch.indices {
                        let scores = logits[row * bank.classCount..<(row + 1) * bank.classCount]
                        let best = TopK.select(UnsafeBufferPointer(rebasing: scores), k: 1)
                        answers.append(best[0].classIndex)
                    }
                }
            }
            onImages(batch.count)
        }
        return answers
    }
}
