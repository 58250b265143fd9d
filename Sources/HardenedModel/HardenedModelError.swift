public import ClassifierHead
public import HardenedBackbone

/// Why a model file was refused, or a head could not be frozen into a backbone.
public enum HardenedModelError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong with the backbone, or with the file as a whole.
    case backbone(BackboneArtifactError)
    /// What is wrong with the frozen head.
    case head(HeadError)
    /// The head has no version: predictions would have nothing to name it by.
    case unnamed(head: String)
    /// The file was written for another version of the format.
    case unknownSchema(found: String)

    /// What is wrong, where, and what to do.
    public var description: String {
        switch self {
        case .backbone(let error): "\(error)"
        case .head(let error): "frozen \(error)"
        case .unnamed(let head):
            "head \(head) has no version, which a frozen head needs; name it with --as name@version"
        case .unknownSchema(let found):
            "hardened model has schema \(String(found.prefix(80)).debugDescription), this program reads "
                + "'\(BackboneArtifact.schema)', '\(HardenedModel.frozenSchema)' and "
                + "'\(BackboneArtifact.schemaOfSums)'; use a matching program version"
        }
    }
}
