import ArgumentParser
import Kafka
import PipelineMessages

/// Who talks to the broker, and which rights that needs: no more, no fewer.
enum Role: String, CaseIterable, ExpressibleByArgument {
    case worker, coordinator, camera
    case person = "operator"
    case reader

    /// What an access list must hold for this role. Nowhere else is this written down.
    func grants(_ topics: TopicNames) -> [AccessGrant] {
        func may(_ operation: AccessRight.Operation, _ names: String...) -> [AccessGrant] {
            names.map { AccessGrant(AccessRight(operation, .topic($0))) }
        }
        switch self {
        case .worker:
            return may(.read, topics.shards, topics.control, topics.status)
                + may(.write, topics.predictions, topics.receipts, topics.status, topics.deadLetters)
                + [
                    AccessGrant(AccessRight(.read, .group(topics.workerGroup))),
                    // Write brings Describe with it.
                    AccessGrant(
                        AccessRight(.write, .transactionalID(topics.transactionPrefix)), isPrefix: true),
                ]
        case .coordinator:
            return may(.read, topics.control, topics.status, topics.shards, topics.receipts)
                + may(.write, topics.control, topics.status, topics.shards)
                + [
                    AccessGrant(AccessRight(.read, .group(topics.coordinatorGroup))),
                    // What is committed: the ledger is compared with it.
                    AccessGrant(AccessRight(.describe, .group(topics.workerGroup))),
                ]
        case .camera:
            return may(.write, topics.shards)
                + [AccessGrant(AccessRight(.describe, .group(topics.workerGroup)))]
        case .person: return may(.read, topics.control) + may(.write, topics.control)
        case .reader: return may(.read, topics.predictions, topics.control)
        }
    }

    /// How a user comes to these rights.
    var advice: String {
        "hashiflex topics acls --principal \(rawValue)=User:NAME prints Kafka's commands that give them"
    }

    /// The rights that can be tried by name, in the order in which they are tried.
    func rights(_ topics: TopicNames) -> [AccessRight] {
        grants(topics).filter { !$0.isPrefix }.map(\.right)
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
            Exit.unavailable, "this user lacks rights of a \(role.rawValue):",
            details: reasons + [role.advice])
    }
}
