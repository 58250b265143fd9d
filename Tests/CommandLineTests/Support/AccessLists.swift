import CRDKafka
import Foundation
import Kafka
import Testing

/// Gives and takes rights at a real Kafka, as its administrator.
final class AccessLists {
    private let client: OpaquePointer

    /// - Parameter bootstrap: A listener on which everything is allowed.
    init(_ bootstrap: String) throws {
        let configuration = rd_kafka_conf_new()
        var text = [CChar](repeating: 0, count: 256)
        rd_kafka_conf_set(configuration, "bootstrap.servers", bootstrap, &text, text.count)
        client = try #require(rd_kafka_new(RD_KAFKA_PRODUCER, configuration, &text, text.count))
    }

    deinit { rd_kafka_destroy(client) }

    /// Gives rights to a user.
    func give(_ rights: [AccessRight], to user: String) throws {
        var bindings = try rights.map { right -> OpaquePointer? in
            let (type, name, operation) = try Self.fields(right)
            var text = [CChar](repeating: 0, count: 256)
            return rd_kafka_AclBinding_new(
                type, name, RD_KAFKA_RESOURCE_PATTERN_LITERAL, "User:\(user)", "*", operation,
                RD_KAFKA_ACL_PERMISSION_TYPE_ALLOW, &text, text.count)
        }
        defer { rd_kafka_AclBinding_destroy_array(&bindings, bindings.count) }
        try answered { [client] in rd_kafka_CreateAcls(client, &bindings, bindings.count, nil, $0) }
    }

    /// Takes a right from a user.
    func take(_ right: AccessRight, from user: String) throws {
        let (type, name, operation) = try Self.fields(right)
        var text = [CChar](repeating: 0, count: 256)
        var filters = [
            rd_kafka_AclBindingFilter_new(
                type, name, RD_KAFKA_RESOURCE_PATTERN_LITERAL, "User:\(user)", "*", operation,
                RD_KAFKA_ACL_PERMISSION_TYPE_ALLOW, &text, text.count)
        ]
        defer { rd_kafka_AclBinding_destroy_array(&filters, filters.count) }
        try answered { [client] in rd_kafka_DeleteAcls(client, &filters, filters.count, nil, $0) }
    }

    /// Waits for the answer, and until the nodes have heard of it.
    private func answered(_ request: (OpaquePointer) -> Void) throws {
        let queue = try #require(rd_kafka_queue_new(client))
        defer { rd_kafka_queue_destroy(queue) }
        request(queue)
        let event = try #require(rd_kafka_queue_poll(queue, 20_000), "the broker does not answer")
        defer { rd_kafka_event_destroy(event) }
        try #require(rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR)
        usleep(200_000)
    }

    private static func fields(
        _ right: AccessRight
    ) throws -> (rd_kafka_ResourceType_t, String, rd_kafka_AclOperation_t) {
        let operation =
            switch right.operation {
            case .read: RD_KAFKA_ACL_OPERATION_READ
            case .write: RD_KAFKA_ACL_OPERATION_WRITE
            default: RD_KAFKA_ACL_OPERATION_DESCRIBE
            }
        switch right.resource {
        case .topic(let name): return (RD_KAFKA_RESOURCE_TOPIC, name, operation)
        case .group(let name): return (RD_KAFKA_RESOURCE_GROUP, name, operation)
        default: throw Unknown()
        }
    }

    /// The library can not speak of it.
    private struct Unknown: Error {}
}
