import Kafka

/// One entry of an access list: a right to what has exactly a name, or to all whose names begin with it.
struct AccessGrant {
    let right: AccessRight
    let isPrefix: Bool

    init(_ right: AccessRight, isPrefix: Bool = false) {
        self.right = right
        self.isPrefix = isPrefix
    }

    /// Whether only a worker with `--delivery exactly-once` needs it.
    var isForTransactions: Bool {
        guard case .transactionalID = right.resource else { return false }
        return true
    }

    /// What may be done, as Kafka's own command spells it.
    var operation: String { right.operation.rawValue }

    /// The kind of the resource, as Kafka's own command spells it.
    var resourceType: String {
        switch right.resource {
        case .topic: "topic"
        case .group: "group"
        case .transactionalID: "transactional-id"
        case .cluster: "cluster"
        }
    }

    /// The name of the resource; Kafka calls the cluster so.
    var name: String {
        switch right.resource {
        case .topic(let name), .group(let name), .transactionalID(let name): name
        case .cluster: "kafka-cluster"
        }
    }

    /// How the name is compared, as Kafka's own command spells it.
    var patternType: String { isPrefix ? "prefixed" : "literal" }

    /// Whether one command can give both: the same operation on resources of one kind.
    func sharesCommand(with other: Self) -> Bool {
        operation == other.operation && resourceType == other.resourceType
            && isPrefix == other.isPrefix
    }
}
