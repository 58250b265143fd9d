/// A setting that cannot be used, and why.
public enum KafkaConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Line `line` of a file (1-based), or an assignment (line 0), has no `=` after a property's name.
    case notAnAssignment(text: String, line: Int)
    /// The library refuses the property or its value; `message` is its own.
    case rejected(property: String, message: String)
    /// The property decides what the program promises and is set by it alone.
    case reserved(property: String, instead: String)

    /// What is wrong and where.
    public var description: String {
        switch self {
        case .notAnAssignment(let text, let line):
            "kafka configuration\(line > 0 ? " line \(line)" : ""): expected property=value, got \"\(text)\""
        case .rejected(let property, let message):
            "kafka configuration property \(property): \(message)"
        case .reserved(let property, let instead):
            "kafka configuration property \(property) cannot be set here: \(instead)"
        }
    }
}
