import ClassifierHead
import HardenedBackbone
import HardenedModel

/// The head that the log gives an image, where it does not belong to the backbone that a record names: no worker has scored the
/// image with both. Pure.
package struct UnfitHead: Error, Equatable {
    /// What differs, as `replay` says it.
    package let text: String

    /// Refuses what no worker takes.
    ///
    /// - Parameter label: The head's published name.
    /// - Throws: ``UnfitHead`` where the width, the preprocessing or the backbone is another.
    package static func refuse(
        _ head: ClassifierHead, label: String, for model: HardenedModel
    ) throws(UnfitHead) {
        let backbone = model.backbone
        do {
            try head.verify(
                fits: backbone.digest, featureCount: backbone.network.featureCount,
                preprocessing: backbone.preprocessing)
        } catch {
            throw UnfitHead(
                text: "head: the markers give \(label), which does not fit the record's backbone: \(error)")
        }
    }
}
