internal import CRDKafka

/// What went wrong on the way to, at, or on the way back from a broker.
public struct KafkaError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The number of the error: negative for those raised by the client library, positive for a broker's.
    public let code: Int32

    /// The symbolic name of ``code``, such as `_TRANSPORT` or `UNKNOWN_TOPIC_OR_PART`.
    public let name: String

    /// What happened, where, and what to do about it where that is known.
    public let message: String

    /// Whether the same call may succeed when it is repeated as it is.
    public let isRetriable: Bool

    /// Whether the client is of no further use: end the process, or make a new client. Missing rights are fatal.
    public let isFatal: Bool

    /// Whether the transaction in progress must be aborted before anything else.
    public let requiresAbort: Bool

    /// The partition that could not be read, where it is one alone.
    public var partition: TopicPartition?

    /// The right whose want made the broker refuse, where that is known.
    public internal(set) var missingRight: AccessRight?

    /// The message, then the name and number in brackets.
    public var description: String { "\(message) [\(name) \(code)]" }
}

extension KafkaError {
    /// Whether a commit failed because the group has moved on and the partitions are no longer ours.
    ///
    /// Repeating the commit cannot help: drop the work of those partitions and go on polling.
    public var isStaleMember: Bool {
        switch code {
        case Code.illegalGeneration, Code.unknownMember, Code.rebalanceInProgress, Code.assignmentLost,
            Code.fencedMemberEpoch:
            true
        default: false
        }
    }

    /// Whether the broker refuses a setting of this client: to be told otherwise is all that helps.
    public var isRefusedSetting: Bool { code == Code.invalidSessionTimeout }

    /// An error with `code`, its standard text, and what was being done.
    package init(
        code: Int32,
        doing action: String,
        detail: String? = nil,
        isRetriable: Bool? = nil,
        isFatal: Bool = false,
        requiresAbort: Bool = false
    ) {
        let raw = rd_kafka_resp_err_t(rawValue: code)
        let text = detail ?? String(cString: rd_kafka_err2str(raw))
        self.init(
            code: code,
            name: String(cString: rd_kafka_err2name(raw)),
            message: action.isEmpty ? text : "\(action): \(text)",
            isRetriable: isRetriable ?? Self.isTransient(raw),
            isFatal: isFatal || raw == RD_KAFKA_RESP_ERR__FATAL || Self.isRefusedAccess(raw),
            requiresAbort: requiresAbort
        )
    }

    /// Takes an error object of the library over: reads every field, then frees it.
    ///
    /// - Returns: `nil` for no error.
    static func consume(_ error: OpaquePointer?, doing action: String) -> KafkaError? {
        guard let error else { return nil }
        defer { rd_kafka_error_destroy(error) }
        let code = rd_kafka_error_code(error)
        return KafkaError(
            code: code.rawValue,
            doing: action,
            detail: String(cString: rd_kafka_error_string(error)),
            isRetriable: rd_kafka_error_is_retriable(error) != 0 || isTransient(code),
            isFatal: rd_kafka_error_is_fatal(error) != 0 || isRefusedAccess(code),
            requiresAbort: rd_kafka_error_txn_requires_abort(error) != 0
        )
    }

    /// Throws when `code` is an error.
    static func check(_ code: rd_kafka_resp_err_t, doing action: @autoclosure () -> String) throws(KafkaError)
    {
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw KafkaError(code: code.rawValue, doing: action())
        }
    }

    /// The library says "retriable" only for its transactional calls; for the rest this list does.
    private static func isTransient(_ code: rd_kafka_resp_err_t) -> Bool {
        switch code {
        case _ where code.rawValue == Code.staleMemberEpoch: true
        case RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, RD_KAFKA_RESP_ERR__RESOLVE,
            RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE, RD_KAFKA_RESP_ERR__QUEUE_FULL,
            RD_KAFKA_RESP_ERR__WAIT_COORD, RD_KAFKA_RESP_ERR__WAIT_CACHE, RD_KAFKA_RESP_ERR__IN_PROGRESS,
            RD_KAFKA_RESP_ERR__PREV_IN_PROGRESS, RD_KAFKA_RESP_ERR__RETRY,
            RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
            RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE,
            RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION,
            RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
            RD_KAFKA_RESP_ERR_NOT_COORDINATOR, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
            RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND, RD_KAFKA_RESP_ERR_NOT_CONTROLLER,
            RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS,
            RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT, RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED,
            // A leader has changed, and one of both has not heard of it.
            RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH, RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH,
            RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_LISTENER_NOT_FOUND:
            true
        default: false
        }
    }
}
