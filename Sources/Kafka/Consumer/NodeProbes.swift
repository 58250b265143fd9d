public import Threads

/// Asks where a partition ends by way of one node: at the leader which that node knows, not at the one that a client used last.
///
/// A node that is cut off from its peers goes on answering as the leader it was; whoever is known to be among its peers does not name
/// it. Use from one thread.
public struct NodeProbes: Sendable {
    /// What was made by way of a node is used again for so long, milliseconds: shorter than a cluster takes to replace a leader that
    /// it does not hear of (9 s unless its `broker.session.timeout.ms` says otherwise).
    private static let freshMs: Int64 = 4_000

    /// How long a client may take to close, milliseconds.
    private static let closeMs: Int32 = 1_000

    private let configuration: KafkaConfiguration
    private var made: [Int32: (client: KafkaConsumer, atMs: Int64)] = [:]

    /// Asks in the cluster of `configuration`.
    public init(_ configuration: KafkaConfiguration) { self.configuration = configuration }

    /// The offset that the next record of a partition gets, whether or not transactions below are open.
    ///
    /// - Parameter node: The number of the node that names the leader.
    /// - Throws: ``KafkaError``; also where the cluster lists no such node now.
    public mutating func end(
        of partition: TopicPartition, knownTo node: Int32, timeoutMs: Int32
    ) throws(KafkaError) -> Int64 {
        dropOld()
        if let client = made[node]?.client { return try end(of: partition, client, timeoutMs: timeoutMs) }
        let nodes = try KafkaAdmin(configuration).metadata(timeoutMs: timeoutMs).brokers
        guard let broker = nodes.first(where: { $0.id == node }) else {
            throw KafkaError(
                code: KafkaError.Code.transport, doing: "cannot ask node \(node)",
                detail: "the cluster does not list it now", isRetriable: true)
        }
        return try end(of: partition, knownTo: broker, timeoutMs: timeoutMs)
    }

    /// The same by way of a node whose address is known.
    public mutating func end(
        of partition: TopicPartition, knownTo node: ClusterDescription.Broker, timeoutMs: Int32
    ) throws(KafkaError) -> Int64 {
        dropOld()
        let client: KafkaConsumer
        if let known = made[node.id]?.client { client = known } else { client = try make(node) }
        return try end(of: partition, client, timeoutMs: timeoutMs)
    }

    /// The highest end that any of these nodes knows; `nil` where no more than half of them answer.
    ///
    /// - Parameter stop: Ends it early.
    public mutating func highestEnd(
        of partition: TopicPartition, knownTo nodes: [ClusterDescription.Broker], timeoutMs: Int32,
        until stop: Signal
    ) -> Int64? {
        var ends: [Int64] = []
        for node in nodes where !stop.isSet {
            if let end = try? end(of: partition, knownTo: node, timeoutMs: timeoutMs) { ends.append(end) }
        }
        return 2 * ends.count > nodes.count ? ends.max() : nil
    }

    private func end(
        of partition: TopicPartition, _ client: KafkaConsumer, timeoutMs: Int32
    ) throws(KafkaError) -> Int64 {
        try client.watermarks(partition, timeoutMs: timeoutMs).high
    }

    private mutating func dropOld() {
        for (node, probe) in made where Clock.steadyMs - probe.atMs >= Self.freshMs {
            probe.client.close(timeoutMs: Self.closeMs)
            made[node] = nil
        }
    }

    private mutating func make(_ node: ClusterDescription.Broker) throws(KafkaError) -> KafkaConsumer {
        var alone = configuration
        alone.set("bootstrap.servers", node.address)
        var options = ConsumerOptions(offsetReset: .error)
        // A transaction that is never ended must not hide what lies behind it.
        options.isolation = .readUncommitted
        let atMs = Clock.steadyMs
        let client = try KafkaConsumer(alone, groupID: nil, options: options)
        made[node.id] = (client, atMs)
        return client
    }
}
