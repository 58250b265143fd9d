import ArgumentParser
import Kafka
import PipelineMessages

/// Who talks to the broker, and which rights that needs: no more, no fewer.
enum Role: String, CaseIterable, ExpressibleByArgument {
    case worker, coordinator, camera
    case person = "operator"
    case reader

    /// The rights, in the order in which they are tried.
    func rights(_ topics: TopicNames) -> [AccessRight] {
        func may(_ operation: AccessRight.Operation, _ names: String...) -> [AccessRight] {
            names.map { AccessRight(operation, .topic($0)) }
        }
        switch self {
        case .worker:
            return may(.read, topics.shards, topics.control, topics.status)
                + may(.write, topics.predictions, topics.receipts, topics.status, topics.deadLetters)
                + [AccessRight(.read, .group(topics.workerGroup))]
        case .coordinator:
            return may(.read, topics.control, topics.status, topics.shards, topics.receipts)
                + may(.write, topics.control, topics.status, topics.shards)
                + [
                    AccessRight(.read, .group(topics.coordinatorGroup)),
                    // What is committed: the ledger is compared with it.
                    AccessRight(.describe, .group(topics.workerGroup)),
                ]
        case .camera:
            return may(.write, topics.shards) + [AccessRight(.describe, .group(topics.workerGroup))]
        case .person: return may(.read, topics.control) + may(.write, topics.control)
        case .reader: return may(.read, topics.predictions, topics.control)
        }
    }
}

extension Connection {
    /// Tries every right of a role, so that one that is missing is said at the start and not in the middle.
    ///
    /// What could not be tried is left to show itself.
    ///
    /// - Throws: `CommandError` 69 that names each right that is missing.
    func requireRights(of role: Role) throws {
        guard !isEmbedded else { return }
        let rights = role.rights(topics)
        let refused = try AccessProbe(kafka, timeoutMs: 5_000).refused(rights)
        let reasons = rights.compactMap { refused[$0] }.filter(\.isRefusedAccess).map(\.description)
        guard !reasons.isEmpty else { return }
        throw CommandError(
            Exit.unavailable,
            "this user lacks rights of a \(role.rawValue):\n  " + reasons.joined(separator: "\n  "))
    }
}
