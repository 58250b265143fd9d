/// Why something cannot be evaluated or verified.
public enum EvaluationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Labels have names, and none of them is a class of the head.
    case noCommonClass(labels: [String], classes: [String])
    /// A line of a golden file is not a trace.
    case badTrace(line: Int, problem: String)
    /// A golden file holds traces for images that are not there.
    case noSuchImage(image: Int, imageCount: Int)
    /// A golden file names a layer that the network does not have, or lacks one.
    case wrongLayers(image: Int, name: String, isMissing: Bool)

    /// What is wrong, where, and what to do.
    public var description: String {
        switch self {
        case .noCommonClass(let labels, let classes):
            "no label is a class of the head: labels are \(Self.list(labels)), classes are "
                + "\(Self.list(classes)); name the labels as the head does"
        case .badTrace(let line, let problem):
            "golden file, line \(line): \(problem); write it again with --trace"
        case .noSuchImage(let image, let imageCount):
            "golden file has image \(image), but \(imageCount) images were given; "
                + "give the images that it was made from"
        case .wrongLayers(let image, let name, let isMissing):
            "golden file, image \(image): layer '\(name)' is "
                + "\(isMissing ? "missing" : "not of this network"); "
                + "it was made from another network"
        }
    }

    private static func list(_ names: [String]) -> String {
        let shown = names.prefix(4).map { "'\($0)'" }.joined(separator: ", ")
        return names.count > 4 ? shown + ", ..." : shown
    }
}
