internal import FleetMachines
internal import Kafka
internal import PipelineMessages
internal import Synchronization

/// The client that reads the shards as a member of the workers' group, made anew when the group has given its name away.
final class ShardConsumer: Sendable {
    /// How long a client that was fenced may take to close, milliseconds: the group takes no word of it any more.
    private static let closeMs: Int32 = 2_000

    private let options: WorkerOptions
    private let made: Mutex<KafkaConsumer>

    /// Connects on first use.
    init(_ options: WorkerOptions) throws(KafkaError) {
        self.options = options
        made = Mutex(try Self.make(options, options.kafka))
    }

    private static func make(
        _ options: WorkerOptions, _ kafka: KafkaConfiguration
    ) throws(KafkaError) -> KafkaConsumer {
        var result = ConsumerOptions(
            offsetReset: .error, reportsPartitionEnd: true, sessionTimeoutMs: options.sessionTimeoutMs)
        result.queueKilobytes = options.prefetchKilobytes
        if options.isNameKept { result.groupInstanceID = "worker-\(options.worker)" }
        return try KafkaConsumer(kafka, groupID: options.topics.workerGroup, options: result)
    }

    /// The client of now.
    var current: KafkaConsumer { made.withLock { $0 } }

    /// Joins the group.
    func subscribe() throws(KafkaError) { try current.subscribe([options.topics.shards]) }

    /// Joins the group under the same name with a new client. The old one has given everything back; who has a name does not leave
    /// the group by closing.
    ///
    /// - Parameters:
    ///   - kafka: The configuration with the node that is asked first; `nil` for that of the worker.
    ///   - isJoining: Whether it joins at once; otherwise the client is made and subscribes later.
    func renew(asking kafka: KafkaConfiguration? = nil, isJoining: Bool = true) throws(KafkaError) {
        current.close(timeoutMs: Self.closeMs)
        let new = try Self.make(options, kafka ?? options.kafka)
        let old = made.withLock { made in
            defer { made = new }
            return made
        }
        // Ended here, outside of the lock.
        _ = old
        if isJoining { try subscribe() }
    }

    /// Whether an error says, or comes of it, that somebody else has this worker's name.
    func isFenced(_ error: KafkaError) -> Bool {
        error.code == KafkaError.Code.fencedInstance
            || current.fatalError?.code == KafkaError.Code.fencedInstance
    }
}
