internal import CRDKafka
import Synchronization

/// Called inside a poll: the group has a new distribution, or wants partitions back.
func onRebalance(
    client: OpaquePointer?,
    code: rd_kafka_resp_err_t,
    list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?,
    opaque: UnsafeMutableRawPointer?
) {
    guard let client, let context = ClientContext.from(opaque) else { return }
    guard !context.closing else {
        rd_kafka_assign(client, nil)
        return
    }
    let partitions = PartitionList.partitions(of: list)
    let isIncremental =
        rd_kafka_rebalance_protocol(client).map { String(cString: $0) } == "COOPERATIVE"
    switch code {
    case RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS where isIncremental:
        switch context.group.withLock({ $0.added(partitions) }) {
        case .tell(let event): context.park(event)
        case .answer: rd_kafka_error_destroy(rd_kafka_incremental_assign(client, list))
        case .wait: break
        }
    case RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS where isIncremental:
        let lost = rd_kafka_assignment_lost(client) != 0
        context.park(context.group.withLock { $0.taken(partitions, lost: lost) })
    case RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS:
        context.park(.assigned(partitions))
    case RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS:
        context.park(.revoked(partitions, lost: rd_kafka_assignment_lost(client) != 0))
    default:
        // The library wants its state put in order at once; the reason is told.
        rd_kafka_assign(client, nil)
        context.park(.error(KafkaError(code: code.rawValue, doing: "the group could not be rebalanced")))
    }
    rd_kafka_yield(client)
}

/// Called inside a poll with the outcome of a commit nobody waited for.
func onCommit(
    client: OpaquePointer?,
    code: rd_kafka_resp_err_t,
    list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?,
    opaque: UnsafeMutableRawPointer?
) {
    guard let client, let context = ClientContext.from(opaque), !context.closing else { return }
    if let failure = commitFailure(code, list) {
        context.park(.error(failure))
        rd_kafka_yield(client)
    }
}

/// The failure in the outcome of a commit; `nil` when everything was stored.
func commitFailure(
    _ code: rd_kafka_resp_err_t,
    _ list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?
) -> KafkaError? {
    switch code {
    case RD_KAFKA_RESP_ERR__NO_OFFSET: nil
    case RD_KAFKA_RESP_ERR_NO_ERROR: PartitionList.firstFailure(in: list, doing: "cannot commit the offset")
    default: KafkaError(code: code.rawValue, doing: "cannot commit offsets")
    }
}
