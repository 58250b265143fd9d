/// A right that a broker gives to a user, in Kafka's own words.
public struct AccessRight: Sendable, Hashable, CustomStringConvertible {
    /// What may be done.
    public enum Operation: String, Sendable {
        case read = "Read"
        case write = "Write"
        case describe = "Describe"
        case create = "Create"
        case delete = "Delete"
        case idempotentWrite = "IdempotentWrite"
    }

    /// To what.
    public enum Resource: Sendable, Hashable, CustomStringConvertible {
        case topic(String)
        case group(String)
        case transactionalID(String)
        case cluster

        /// Its kind and its name.
        public var description: String {
            switch self {
            case .topic(let name): "topic \(name)"
            case .group(let name): "group \(name)"
            case .transactionalID(let name): "transactional-id \(name)"
            case .cluster: "the cluster"
            }
        }
    }

    /// What may be done.
    public let operation: Operation
    /// To what.
    public let resource: Resource

    /// The right to do `operation` to `resource`.
    public init(_ operation: Operation, _ resource: Resource) {
        self.operation = operation
        self.resource = resource
    }

    /// For example `Read on topic hashiflex.shards`.
    public var description: String { "\(operation.rawValue) on \(resource)" }
}
