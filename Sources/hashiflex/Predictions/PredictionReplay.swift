import Artifacts
import ClassifierHead
import Cutover
import HardenedBackbone
import HardenedModel
import ImageDecoding
import PipelineMessages

/// Computes a prediction again with the normative reference, beside the fast executor.
struct PredictionReplay {
    private let model: HardenedModel
    private let view: ControlView
    private var artifact: BackboneArtifact { model.backbone }

    init(model: HardenedModel, view: ControlView) {
        self.model = model
        self.view = view
    }

    /// A prediction, and where the reference and the executor disagree, which must be nowhere.
    struct Result {
        let prediction: Prediction
        let selfDifference: String?
    }

    /// - Throws: ``UnfitHead`` where the record's backbone can not have been scored with the head in force; `CommandError` where
    ///   something is missing.
    func predict(_ shard: ImageShard, address: ImageAddress) throws -> Result {
        let image = shard.images[address.index]
        try checkPreprocessing(shard)
        func prediction(
            _ head: HeadStamp?, _ top: [Prediction.Candidate], _ digest: ContentDigest?, _ error: String?
        ) -> Prediction {
            Prediction(
                address: address, id: image.id, stream: shard.stream, sequence: shard.sequence,
                capturedAtMs: image.capturedAtMs, label: image.label, backbone: model.digest, head: head,
                top: top, logitsDigest: digest, error: error)
        }
        let tensors = try tensors(of: shard)
        guard case .success(let tensor) = tensors[address.index] else {
            if case .failure(let reason) = tensors[address.index] {
                return Result(prediction: prediction(nil, [], nil, reason.text), selfDifference: nil)
            }
            throw CommandError(Exit.fault, "no tensor for \(address)")
        }
        let (stamp, head) = try head(at: address, stream: shard.stream)
        let (features, difference) = try run(tensor)
        let plan = try BackbonePlan(artifact)
        let replica = BackboneReplica(plan)
        var logits: [Int32] = []
        for (index, result) in tensors.enumerated() {
            guard case .success(let other) = result else { continue }
            // The digest covers the whole shard; its other images go through the fast executor.
            let row = index == address.index ? features : replica.features(of: other)
            logits += HeadReference.logits(head, features: row)
        }
        let mine = HeadReference.logits(head, features: features)
        let recorded = mine.withUnsafeBufferPointer { TopK.select($0, k: topK) }
        let top = recorded.map {
            Prediction.Candidate(index: $0.classIndex, name: head.classNames[$0.classIndex], logit: $0.logit)
        }
        var hasher = ContentHasher()
        for logit in logits { hasher.update(littleEndian: logit) }
        return Result(
            prediction: prediction(stamp, top, hasher.finalize(), nil), selfDifference: difference)
    }

    /// Refuses tensors that were made for another backbone.
    ///
    /// - Throws: `CommandError` with exit code 65, both texts in it.
    private func checkPreprocessing(_ shard: ImageShard) throws {
        guard case .tensors = shard.content else { return }
        let mismatch = PreprocessingMismatch(
            "the shard", StatedPreprocessing(shard.preprocessing), "the backbone",
            artifact.statedPreprocessing, advice: "pass --model with the backbone that the shard was made for"
        )
        if let mismatch { throw CommandError(Exit.badInput, "\(mismatch)") }
    }

    /// The frozen head, else the one that the markers give the offset.
    private func head(at address: ImageAddress, stream: String) throws -> (HeadStamp, ClassifierHead) {
        if let head = model.frozenHead, let frozen = model.frozen {
            return (HeadStamp(frozen: head.digest, label: frozen.label), head)
        }
        guard
            let inForce = view.log.head(
                partition: address.partition, offset: address.offset, stream: stream)
        else { throw CommandError(Exit.mismatch, "no head is in force at \(address)") }
        guard let file = try view.file(of: inForce.head) else {
            throw CommandError(Exit.badInput, "head \(inForce.label) is no longer in the control topic")
        }
        let head = try ClassifierHead(decoding: file)
        try UnfitHead.refuse(head, label: "\(inForce.label)", for: model)
        return (HeadStamp(inForce), head)
    }

    /// How many classes the record lists; set from it, since it is the worker's option.
    var topK = 5

    private struct Unreadable: Error { let text: String }

    private func tensors(of shard: ImageShard) throws -> [Swift.Result<[UInt8], Unreadable>] {
        let side = artifact.network.inputSize
        switch shard.content {
        case .tensors(let height, let width, let channels, let bytes):
            guard height == side, width == side, channels == 3 || channels == 1 else {
                let text =
                    "shard holds \(height)x\(width)x\(channels) tensors, the backbone takes \(side)x\(side)x3"
                return shard.images.map { _ in .failure(Unreadable(text: text)) }
            }
            let stride = side * side * channels
            return shard.images.indices.map { index in
                let image = bytes[(index * stride)..<((index + 1) * stride)]
                // The reference takes RGB only.
                return .success(channels == 3 ? Array(image) : image.flatMap { [$0, $0, $0] })
            }
        case .files(let files):
            let preparation = try artifact.preparation()
            return files.map { file in
                do throws(ImageDecodingError) {
                    return .success(preparation.tensor(try preparation.decode(file)))
                } catch {
                    return .failure(Unreadable(text: "\(error)"))
                }
            }
        }
    }

    /// Reference features, and the first layer in which the executor differs.
    private func run(_ tensor: [UInt8]) throws -> ([UInt8], String?) {
        var layers: [[UInt8]] = []
        let features = ReferenceBackbone.run(artifact, image: tensor) { _, bytes in layers.append(bytes) }
        let replica = BackboneReplica(try BackbonePlan(artifact))
        var difference: String?
        var fast = [UInt8](repeating: 0, count: features.count)
        fast.withUnsafeMutableBufferPointer { output in
            tensor.withUnsafeBufferPointer { input in
                replica.extractFeatures(image: input, into: output) { index, bytes in
                    guard difference == nil, !bytes.elementsEqual(layers[index]) else { return }
                    difference = "layer \(artifact.network.layers[index].name): executor and reference differ"
                }
            }
        }
        if difference == nil, fast != features {
            difference = "pooled features: executor and reference differ"
        }
        return (features, difference)
    }
}
