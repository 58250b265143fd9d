internal import CRDKafka

extension KafkaError {
    /// Whether the broker refused because this user may not do it: repeating it can not help.
    public var isRefusedAccess: Bool { Self.isRefusedAccess(rd_kafka_resp_err_t(rawValue: code)) }

    static func isRefusedAccess(_ code: rd_kafka_resp_err_t) -> Bool {
        switch code {
        case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
            RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED,
            RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
            true
        default: false
        }
    }

    /// This error, with the right that is missing by name if it is one of missing rights.
    ///
    /// - Parameters:
    ///   - operation: What was tried.
    ///   - topic: Where, if it was one topic.
    ///   - group: Where, if it was a group other than the client's own.
    func naming(
        _ operation: AccessRight.Operation, topic: String? = nil, group: String? = nil,
        of client: OpaquePointer
    ) -> Self {
        guard isRefusedAccess, missingRight == nil else { return self }
        guard let right = right(operation, topic, group, client) else { return self }
        return wanting(right, Self.principal(of: client))
    }

    /// This error, which says who has not which right.
    package func wanting(_ right: AccessRight, _ principal: String) -> Self {
        KafkaError(
            code: code, name: name, message: "\(message): \(principal) has no right to \(right)",
            isRetriable: false, isFatal: true, requiresAbort: false, partition: partition, missingRight: right
        )
    }

    private func right(
        _ operation: AccessRight.Operation, _ topic: String?, _ group: String?, _ client: OpaquePointer
    ) -> AccessRight? {
        switch rd_kafka_resp_err_t(rawValue: code) {
        case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
            topic.map { AccessRight(operation, .topic($0)) }
        case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
            (group ?? ClientHandle.value(of: "group.id", client)).map {
                AccessRight(operation == .describe ? .describe : .read, .group($0))
            }
        case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
            ClientHandle.value(of: "transactional.id", client).map {
                AccessRight(.write, .transactionalID($0))
            }
        default:
            // A producer without duplicates is let in by Write on any topic, or by this.
            operation == .write && topic != nil
                ? AccessRight(.write, .topic(topic ?? ""))
                : AccessRight(operation == .create ? .create : .idempotentWrite, .cluster)
        }
    }

    /// Who this client is to the broker, as far as its own settings say.
    private static func principal(of client: OpaquePointer) -> String {
        let security = ClientHandle.value(of: "security.protocol", client)?.lowercased() ?? ""
        if security.hasPrefix("sasl") {
            let mechanism = ClientHandle.value(of: "sasl.mechanisms", client) ?? ""
            let property = mechanism == "GSSAPI" ? "sasl.kerberos.principal" : "sasl.username"
            guard let name = ClientHandle.value(of: property, client), !name.isEmpty else {
                return "the user of this \(mechanism) login"
            }
            return "User:\(name)"
        }
        return security == "ssl" ? "the user of this certificate" : "User:ANONYMOUS"
    }
}
