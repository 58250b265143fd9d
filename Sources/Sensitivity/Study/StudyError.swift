public import ClassifierHead
public import HardenedBackbone

/// Why a study cannot be made.
public enum StudyError: Error, Sendable, CustomStringConvertible {
    /// The head does not fit the artefact, or none could be fitted.
    case head(HeadError)
    /// The CPU cannot run the tier that was asked for.
    case tier(ISATierError)
    /// Heads were to be fitted anew, and there are no images for it.
    case nothingToFitOn
    /// A degraded artefact is not legal: a fault of this program.
    case illegal(BackboneArtifactError)

    /// What is wrong, and what to do.
    public var description: String {
        switch self {
        case .head(let error): "\(error)"
        case .tier(let error): "\(error)"
        case .nothingToFitOn: "no images to fit heads on; give some, or leave refitting out"
        case .illegal(let error): "a degraded artefact is not legal, which is a fault: \(error)"
        }
    }
}
