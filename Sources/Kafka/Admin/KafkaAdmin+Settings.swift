internal import CRDKafka

/// Settings in force, as Kafka spells them.
public struct ClusterSettings: Sendable, Hashable {
    /// Those of each topic that was asked for and may be seen.
    public var topics: [String: [String: String]] = [:]
    /// Those of the node that was asked for, where they may be seen.
    public var node: [String: String]?
    /// Why others are not here.
    public var refusals: [KafkaError] = []
}

extension KafkaAdmin {
    /// Asks for the settings of topics, and of one node.
    ///
    /// - Throws: ``KafkaError`` when nobody answered; what this user may not see is in ``ClusterSettings/refusals``.
    public func settings(
        topics: [String], node: Int32?, timeoutMs: Int32
    ) throws(KafkaError) -> ClusterSettings {
        let action = "cannot ask for settings"
        let request = try AdminRequest(
            client, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, doing: action, timeoutMs: timeoutMs)
        var asked = topics.map { rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, $0) }
        if let node { asked.append(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_BROKER, "\(node)")) }
        defer { rd_kafka_ConfigResource_destroy_array(&asked, asked.count) }
        rd_kafka_DescribeConfigs(client.pointer, &asked, asked.count, request.options, request.queue)
        let event = request.answer()
        defer { rd_kafka_event_destroy(event) }
        guard let event else {
            throw client.unreachable(RD_KAFKA_RESP_ERR__TIMED_OUT, doing: action, timeoutMs: timeoutMs)
        }
        guard let result = rd_kafka_event_DescribeConfigs_result(event) else {
            throw KafkaError(code: rd_kafka_event_error(event).rawValue, doing: action)
        }
        var count = 0
        let found = rd_kafka_DescribeConfigs_result_resources(result, &count)
        var settings = ClusterSettings()
        for case .some(let resource) in UnsafeBufferPointer(start: found, count: count) {
            let name = rd_kafka_ConfigResource_name(resource).map { String(cString: $0) } ?? ""
            let refusal = rd_kafka_ConfigResource_error(resource)
            guard refusal == RD_KAFKA_RESP_ERR_NO_ERROR else {
                settings.refusals.append(
                    KafkaError(
                        code: refusal.rawValue, doing: action,
                        detail: rd_kafka_ConfigResource_error_string(resource).map { String(cString: $0) }))
                continue
            }
            let entries = Self.entries(resource)
            if rd_kafka_ConfigResource_type(resource) == RD_KAFKA_RESOURCE_TOPIC {
                settings.topics[name] = entries
            } else {
                settings.node = entries
            }
        }
        return settings
    }

    /// The entries that have a value; a secret has none.
    private static func entries(_ resource: OpaquePointer) -> [String: String] {
        var count = 0
        let found = rd_kafka_ConfigResource_configs(resource, &count)
        var entries: [String: String] = [:]
        for case .some(let entry) in UnsafeBufferPointer(start: found, count: count) {
            guard let name = rd_kafka_ConfigEntry_name(entry), let value = rd_kafka_ConfigEntry_value(entry)
            else { continue }
            entries[String(cString: name)] = String(cString: value)
        }
        return entries
    }
}
