internal import CRDKafka
import Synchronization

/// What an ``EmbeddedBroker`` can hold.
///
/// - Source: librdkafka 2.0.2, `src/rdkafka_mock.c` lines 501-502 (hard coded, no setting changes them).
public enum EmbeddedBrokerLimits {
    /// How much one partition keeps; beyond that the oldest batches go *silently*.
    ///
    /// A batch that drives out every older one can never be read itself (`rdkafka_mock.c` lines 69 and 124):
    /// single updates above this size, and pairs that together exceed it, cannot be used.
    ///
    /// - Units: bytes.
    public static let partitionBytes = 5 * 1024 * 1024

    /// How many batches one partition keeps.
    public static let partitionBatches = 100_000

    /// How many partitions a topic gets that nobody created.
    public static let implicitPartitions = 4
}

/// A small broker inside this process: librdkafka's mock cluster, on 127.0.0.1 and a free port.
///
/// Other processes may use it through ``bootstrap``. It is for trying things out and for tests, not for keeping
/// data: see ``EmbeddedBrokerLimits``, and read with ``OffsetReset/error`` so that loss shows. It speaks enough
/// for producers, groups, commits and the calls of transactions, but keeps no promise about the latter: offsets
/// sent inside a transaction are not stored, aborted messages are delivered, nobody is fenced. The first member
/// of a group waits 3 s for company, so a session timeout must be 2.5 s or more; later rebalances last the session
/// timeout less one second, and commits made meanwhile are refused. All members of a group must use the same
/// strategy, or the process that owns the broker aborts.
///
/// The broker ends with the last reference to this object: keep one while it is needed.
public final class EmbeddedBroker: Sendable {
    /// Request kinds for ``pushRequestErrors(_:codes:)``, with Kafka's numbers.
    public enum Request: Int16, Sendable {
        case produce = 0, fetch = 1, listOffsets = 2, metadata = 3, offsetCommit = 8, offsetFetch = 9
        case findCoordinator = 10, joinGroup = 11, heartbeat = 12, leaveGroup = 13, syncGroup = 14
        case initProducerID = 22, addPartitionsToTransaction = 24, addOffsetsToTransaction = 25
        case endTransaction = 26, transactionalOffsetCommit = 28
    }

    private let cluster: MockCluster

    /// Where clients find the broker, `127.0.0.1:port`.
    public let bootstrap: String

    /// Starts a broker with these topics.
    ///
    /// - Throws: ``KafkaError`` when the library cannot start it or refuses a topic.
    public convenience init(topics: [(String, Int)]) throws(KafkaError) {
        try self.init(topics: topics, nodes: 1)
    }

    /// The same with several nodes, numbered from 1: for tests of what comes of leaders that change.
    package init(topics: [(String, Int)], nodes: Int) throws(KafkaError) {
        cluster = try MockCluster(nodes: nodes)
        bootstrap = cluster.bootstrap
        for (name, partitions) in topics { try createTopic(name, partitions: partitions) }
    }

    /// A configuration for clients of an embedded broker, also in other processes: short waits, because its
    /// answers to empty fetches always take the full wait.
    public static func clientConfiguration(bootstrap: String) -> KafkaConfiguration {
        var configuration = KafkaConfiguration(brokers: bootstrap)
        configuration.setDefault("fetch.wait.max.ms", "10")
        configuration.setDefault("session.timeout.ms", "3000")
        configuration.setDefault("reconnect.backoff.max.ms", "200")
        return configuration
    }

    /// A configuration for clients of this broker.
    public var configuration: KafkaConfiguration { Self.clientConfiguration(bootstrap: bootstrap) }

    /// Creates one more topic.
    public func createTopic(_ name: String, partitions: Int) throws(KafkaError) {
        precondition(partitions > 0, "a topic has at least one partition, got \(partitions)")
        try cluster.call("cannot create topic \(name)") {
            rd_kafka_mock_topic_create($0, name, Int32(partitions), 1)
        }
    }

    /// Cuts every connection and accepts none, until ``setUp()``.
    public func setDown() throws(KafkaError) {
        try cluster.call("cannot take the broker down") { rd_kafka_mock_broker_set_down($0, -1) }
    }

    /// Makes one node the leader of a partition; the others know it at once.
    package func setLeader(of partition: TopicPartition, node: Int32) throws(KafkaError) {
        try cluster.call("cannot make node \(node) the leader of \(partition)") {
            rd_kafka_mock_partition_set_leader($0, partition.topic, partition.partition, node)
        }
    }

    /// Makes one node the coordinator of a transactional id.
    package func setCoordinator(ofTransactions id: String, node: Int32) throws(KafkaError) {
        try cluster.call("cannot make node \(node) the coordinator of \(id)") {
            rd_kafka_mock_coordinator_set($0, "transaction", id, node)
        }
    }

    /// Lets one node answer its next requests of a kind with an error.
    package func pushRequestErrors(
        _ request: Request, code: Int32, count: Int, node: Int32
    ) throws(KafkaError) {
        try cluster.call("cannot plan errors of node \(node)") { cluster in
            for _ in 0..<count {
                let code = hsf_mock_node_push_request_error(
                    cluster, node, request.rawValue, rd_kafka_resp_err_t(rawValue: code))
                guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { return code }
            }
            return RD_KAFKA_RESP_ERR_NO_ERROR
        }
    }

    /// Cuts every connection to one node for good.
    package func setDown(node: Int32) throws(KafkaError) {
        try cluster.call("cannot take node \(node) down") { rd_kafka_mock_broker_set_down($0, node) }
    }

    /// Accepts connections again, on the same port and with everything that was stored.
    public func setUp() throws(KafkaError) {
        try cluster.call("cannot bring the broker up") { rd_kafka_mock_broker_set_up($0, -1) }
    }

    /// Delays every answer.
    ///
    /// - Units: milliseconds.
    public func setRoundTrip(milliseconds: Int) throws(KafkaError) {
        try cluster.call("cannot set the round trip") {
            rd_kafka_mock_broker_set_rtt($0, -1, Int32(clamping: max(0, milliseconds)))
        }
    }

    /// Answers the next requests of a kind with these codes, one each, first come first served.
    ///
    /// - Parameter codes: ``KafkaError/Code/transport`` cuts the connection instead.
    public func pushRequestErrors(_ request: Request, codes: [Int32]) throws(KafkaError) {
        let errors = codes.map { rd_kafka_resp_err_t(rawValue: $0) }
        try cluster.call("cannot plan errors") {
            rd_kafka_mock_push_request_errors_array($0, request.rawValue, errors.count, errors)
            return RD_KAFKA_RESP_ERR_NO_ERROR
        }
    }

    /// Ends the broker; everything it stored is gone. Later calls do nothing.
    public func close() { cluster.close() }
}

/// The mock cluster and the client it needs to live in.
///
/// Safety: every use of the two pointers is under `lock`, and they become `nil` when they are freed.
private final class MockCluster: @unchecked Sendable {
    private let lock = Mutex<Void>(())
    private var owner: ClientHandle?
    private var cluster: OpaquePointer?
    let bootstrap: String

    init(nodes: Int) throws(KafkaError) {
        let properties: [(name: String, value: String)] = [
            ("client.id", "hashiflex-embedded-broker"),
            ("log_level", "4"),
            ("socket.nagle.disable", "true"),
            // The only bound on the size of a request the broker accepts.
            ("receive.message.max.bytes", "1000000000"),
        ]
        let owner = try ClientHandle(RD_KAFKA_PRODUCER, properties: properties) { _ in }
        guard let cluster = rd_kafka_mock_cluster_new(owner.pointer, Int32(clamping: nodes)),
            let address = rd_kafka_mock_cluster_bootstraps(cluster)
        else {
            throw KafkaError(
                code: RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE.rawValue,
                doing: "cannot start the embedded broker"
            )
        }
        self.owner = owner
        self.cluster = cluster
        bootstrap = String(cString: address)
    }

    deinit { close() }

    func call(
        _ action: String,
        _ body: (OpaquePointer) -> rd_kafka_resp_err_t
    ) throws(KafkaError) {
        let code = lock.withLock { _ in cluster.map(body) }
        guard let code else {
            throw KafkaError(
                code: KafkaError.Code.wrongState,
                doing: action,
                detail: "the embedded broker is closed"
            )
        }
        try KafkaError.check(code, doing: action)
    }

    func close() {
        lock.withLock { _ in
            if let cluster { rd_kafka_mock_cluster_destroy(cluster) }
            cluster = nil
            owner = nil
        }
    }
}
