internal import CRDKafka

/// A group of consumers, as the node that keeps it describes it.
public struct GroupDescription: Sendable, Hashable {
    /// Its state, as Kafka spells it: `Stable`, `Empty`.
    public let state: String
    /// How many members it has; `nil` where the answer does not say, as for groups under the protocol of Kafka 4.
    public let memberCount: Int?
}

extension KafkaAdmin {
    /// The states in which the list of members is what there is.
    private static let describedStates: Set<String> = [
        "Stable", "PreparingRebalance", "CompletingRebalance", "Empty",
    ]

    /// Asks all nodes for one group.
    ///
    /// Not by the admin request that describes groups: when the connection to the group's coordinator breaks meanwhile,
    /// that one aborts the whole process (librdkafka 4605, open in April 2026).
    ///
    /// - Returns: `nil` when every node answered and none lists it: it does not exist, or this user may not see it.
    /// - Throws: ``KafkaError`` when nodes were silent and the others do not list it, or it could not be described.
    public func group(_ name: String, timeoutMs: Int32) throws(KafkaError) -> GroupDescription? {
        let action = "cannot ask about group \(name)"
        // The nodes are known from here on: only those that the client knows are asked.
        _ = try metadata(timeoutMs: timeoutMs)
        var answer: UnsafePointer<rd_kafka_group_list>?
        let code = rd_kafka_list_groups(client.pointer, name, &answer, timeoutMs)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR__PARTIAL, let answer else {
            throw client.unreachable(code, doing: action, timeoutMs: timeoutMs)
        }
        defer { rd_kafka_group_list_destroy(answer) }
        let told = UnsafeBufferPointer(start: answer.pointee.groups, count: Int(answer.pointee.group_cnt))
            .filter { $0.group.map { String(cString: $0) } == name }
        guard let first = told.first else {
            guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
                throw client.unreachable(code, doing: action, timeoutMs: timeoutMs)
            }
            return nil
        }
        // A node that is cut off from its peers may still tell of a group that has moved: the one with members counts.
        let described = told.filter { $0.err == RD_KAFKA_RESP_ERR_NO_ERROR }.max {
            $0.member_cnt < $1.member_cnt
        }
        guard let described else { throw KafkaError(code: first.err.rawValue, doing: action) }
        let state = described.state.map { String(cString: $0) } ?? ""
        return GroupDescription(
            state: state,
            memberCount: Self.describedStates.contains(state) ? Int(described.member_cnt) : nil)
    }
}
