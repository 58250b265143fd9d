internal import FleetMachines
internal import Kafka

extension CallFailure {
    /// What a failed call means to the machine.
    ///
    /// A worker ends for what is refused for ever and for a client that is of no further use, but for no interruption: what is
    /// not known to help otherwise is done again from the committed offsets.
    init(_ error: KafkaError) {
        // Its reader joins again, or ends the worker.
        guard error.code != KafkaError.Code.fencedInstance else {
            self.init(.stale, "\(error)")
            return
        }
        let kind: Kind
        switch error.code {
        // Given up by the client library, not refused by the broker.
        // Partitions that were added may not have been heard of by this client.
        case KafkaError.Code.messageTimedOut, KafkaError.Code.purgedFromQueue, KafkaError.Code.purgedInFlight,
            KafkaError.Code.unknownPartition:
            kind = .retriable
        default:
            if error.isFatal {
                kind = .fatal
            } else if error.requiresAbort {
                kind = .abortable
            } else if error.isStaleMember {
                kind = .stale
            } else if error.isRetriable {
                kind = .retriable
            } else {
                kind = error.isPermanent ? .fatal : .abortable
            }
        }
        self.init(kind, "\(error)")
    }

    /// Another worker has this one's name.
    static func rival(_ error: KafkaError) -> CallFailure {
        CallFailure(
            .fatal, "another worker has started under this one's name; give each its own --name: \(error)")
    }
}
