import ArgumentParser
import ClassifierHead
import HardenedBackbone
import HardenedModel
import PipelineMessages

extension HardenedModel {
    /// The frozen head as heartbeats and messages name it; `nil` for an open backbone.
    var frozen: WorkerStatus.FrozenHead? {
        // A frozen head has a version, and heads are named in the alphabet of labels.
        guard let frozenHead, let version = frozenHead.version,
            let label = HeadLabel(name: frozenHead.name, version: version)
        else { return nil }
        return WorkerStatus.FrozenHead(head: frozenHead.digest, label: label)
    }

    /// Refuses a model whose head can not change, with that reason.
    ///
    /// - Parameter name: what the model is called.
    /// - Throws: `CommandError` with exit code 76.
    func requireOpen(_ name: String) throws {
        guard let frozen else { return }
        throw CommandError(Exit.refused, "\(name): \(frozen.refusal(backbone: digest))")
    }

    /// Refuses a head that can not score this model's features: one of another backbone, or, where a head is frozen
    /// into the model, any other head.
    ///
    /// - Parameter name: what the head is called.
    /// - Throws: `CommandError` with exit code 65 for a head that does not fit, 76 for one that is shut out.
    func check(_ head: ClassifierHead, _ name: String) throws {
        if let frozen, frozen.head != head.digest {
            throw CommandError(Exit.refused, "\(name): \(frozen.refusal(backbone: digest))")
        }
        do throws(HeadError) {
            try head.verify(
                fits: backbone.digest, featureCount: backbone.network.featureCount,
                preprocessing: backbone.preprocessing)
        } catch {
            throw CommandError(Exit.badInput, "\(name): \(error)")
        }
    }
}

/// Compares a head's fast form with its definition.
enum HeadExactness {
    /// The first difference between the reference and the bank of any tier over the features of `images`.
    ///
    /// Features come from the executor, which must have been compared with the reference before.
    static func difference(_ head: ClassifierHead, plan: BackbonePlan, images: [[UInt8]]) -> String? {
        let replica = BackboneReplica(plan)
        let banks = ISATier.supported.compactMap { NPUBank(head, tierName: $0.rawValue) }
        for (index, image) in images.enumerated() {
            let features = replica.features(of: image)
            let expected = HeadReference.logits(head, features: features)
            for bank in banks {
                var found = [Int32](repeating: 0, count: head.classCount)
                features.withUnsafeBufferPointer { input in
                    found.withUnsafeMutableBufferPointer { bank.logits(features: input, count: 1, into: $0) }
                }
                guard
                    let place = zip(expected, found).enumerated().first(where: {
                        $0.element.0 != $0.element.1
                    })
                else { continue }
                return
                    "image \(index): tier \(bank.tierName) differs from the reference in the logit of class "
                    + "\(place.offset)"
            }
        }
        return nil
    }
}
