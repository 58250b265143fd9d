/// Which class of a head each label of a data set is.
///
/// A head that knows eight of ten classes has eight class indices, and no others; labels that it was never
/// taught map to nothing, and are counted apart.
public struct LabelMap: Sendable, Hashable {
    /// How the map was made, for people.
    public enum Rule: String, Sendable, Hashable, Codable {
        /// Label `i` is class `i`, because nothing names the labels.
        case index
        /// A label is the class of the same name.
        case name
    }

    /// How the map was made.
    public let rule: Rule

    private let classOfLabel: [Int?]

    /// Takes label `i` for class `i` of a head with `classCount` classes.
    public init(classCount: Int) {
        rule = .index
        classOfLabel = Array(0..<classCount)
    }

    /// Finds each label's name among the head's classes; of equal class names the first is meant.
    ///
    /// - Throws: ``EvaluationError/noCommonClass(labels:classes:)`` where no label is a class of the head.
    public init(labelNames: [String], classNames: [String]) throws(EvaluationError) {
        rule = .name
        var classOfName: [String: Int] = [:]
        for (index, name) in classNames.enumerated().reversed() { classOfName[name] = index }
        classOfLabel = labelNames.map { classOfName[$0] }
        guard classOfLabel.contains(where: { $0 != nil }) else {
            throw .noCommonClass(labels: labelNames, classes: classNames)
        }
    }

    /// The class of `label`, or `nil` where the head does not know it.
    public subscript(label: Int) -> Int? {
        classOfLabel.indices.contains(label) ? classOfLabel[label] : nil
    }
}
