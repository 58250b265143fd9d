public import Artifacts
public import ClassifierHead
public import HardenedBackbone

/// What a model file holds: a hardened backbone, open or with a head frozen into it.
///
/// An open backbone gives features, and any head that was fitted on them may score these, one after the other. A
/// frozen one gives the logits of one head for ever. Both kinds compute the same features to the bit: freezing adds
/// the head beside the backbone and changes none of its numbers.
///
/// A value of this type is always legal: a frozen head belongs to the backbone and has a name and a version.
public struct HardenedModel: Sendable, Equatable {
    /// The schema of a file with a frozen head; an open backbone keeps ``BackboneArtifact/schema``.
    public static let frozenSchema = "2"

    /// The backbone, whose own digest names the features and is the one that heads are fitted for.
    public let backbone: BackboneArtifact

    /// The head that is frozen into it; `nil` for an open backbone.
    public let frozenHead: ClassifierHead?

    /// The name of the artefact, stamped on every prediction.
    ///
    /// Of an open backbone the backbone's digest; of a frozen one a digest over the backbone, the head and the head's
    /// label, so that one digest means one head.
    public let digest: ContentDigest

    /// An open backbone.
    public init(_ backbone: BackboneArtifact) {
        self.backbone = backbone
        frozenHead = nil
        digest = backbone.digest
    }

    /// `backbone` with `head` hardened into it.
    ///
    /// - Throws: ``HardenedModelError``: `head` if the head belongs to another backbone, `unnamed` if it has no version.
    /// - Complexity: linear in the weights, plus one SHA-256 over them.
    public init(freezing head: ClassifierHead, into backbone: BackboneArtifact) throws(HardenedModelError) {
        do {
            try head.verify(
                fits: backbone.digest, featureCount: backbone.network.featureCount,
                preprocessing: backbone.preprocessing)
        } catch {
            throw .head(error)
        }
        guard head.version != nil else { throw .unnamed(head: head.name) }
        self.backbone = backbone
        frozenHead = head
        digest = Self.content(backbone, head).contentDigest(excludingMetadata: [Key.digest])
    }
}
