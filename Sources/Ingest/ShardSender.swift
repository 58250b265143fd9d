internal import ImageDecoding
internal import Kafka
internal import PipelineMessages
internal import Synchronization
internal import Threads

/// Sends encoded shards of all streams, paced by the workers' progress.
final class ShardSender: Sendable {
    private struct Flight {
        let partition: Int32
        let bytes: Int
        let images: Int
    }

    private struct State {
        var flights: [UInt64: Flight] = [:]
        var nextTag: UInt64 = 0
        var summary = IngestSummary()
        var failure: KafkaError?
    }

    private let producer: KafkaProducer
    private let pacer: PartitionPacer
    private let topics: TopicNames
    private let state = Mutex(State())
    private let stop = Signal()
    /// Paced ingest gives up when the workers' progress can not be read for this long, milliseconds.
    private static let silenceMsMax: Int64 = 60_000

    init(_ options: IngestOptions, pacer: PartitionPacer) throws(KafkaError) {
        var producerOptions = ProducerOptions(messageMaxBytes: options.recordBytesMax)
        producerOptions.queueKilobytes = 65_536
        producer = try KafkaProducer(options.kafka, options: producerOptions)
        self.pacer = pacer
        topics = options.topics
    }

    var summary: IngestSummary { state.withLock { $0.summary } }

    /// Takes over what a stream has seen of its pictures.
    func note(_ pictures: PictureTally) {
        state.withLock { state in
            state.summary.picturesSeen += pictures.seen
            state.summary.picturesWide += pictures.wide
            state.summary.picturesOriented += pictures.oriented
        }
    }

    func noteUnreadable() { state.withLock { $0.summary.unreadable += 1 } }

    /// Takes delivery reports on a thread of its own.
    func run() -> PlatformThread {
        PlatformThread("deliveries") { [self] in
            while !(stop.isSet && state.withLock({ $0.flights.isEmpty || $0.failure != nil })) {
                for delivery in producer.poll(timeoutMs: 20) { take(delivery) }
            }
        }
    }

    /// Lets ``run()`` end once everything sent is confirmed or failed.
    func finish() { stop.set() }

    /// Sends one shard to the first partition with room, from `turn` on. Blocks while there is none.
    ///
    /// - Returns: `false` if `isStopped` turned true first.
    func send(
        _ shard: ShardPacker.Encoded, stream: String, turn: Int, isStopped: () -> Bool
    ) throws(KafkaError) -> Bool {
        let bytes = shard.bytes.count + ShardPacker.recordOverheadBytes
        let begin = Clock.steadyMs
        var place = pacer.reserve(bytes: bytes, from: turn)
        while place == nil {
            if isStopped() { return false }
            if let failure = state.withLock({ $0.failure }) { throw failure }
            guard pacer.silentMs < Self.silenceMsMax else {
                throw KafkaError(
                    code: KafkaError.Code.timedOut, doing: "cannot read the workers' progress",
                    detail:
                        "no answer from the broker for \(Self.silenceMsMax / 1_000) s; ingest was waiting for room"
                )
            }
            _ = stop.wait(milliseconds: 10)
            place = pacer.reserve(bytes: bytes, from: turn)
        }
        guard let partition = place else { return false }
        let tag = state.withLock { state in
            state.summary.pacedMs += Clock.steadyMs - begin
            state.nextTag += 1
            state.flights[state.nextTag] = Flight(partition: partition, bytes: bytes, images: shard.images)
            return state.nextTag
        }
        while true {
            do throws(KafkaError) {
                try producer.produce(
                    topic: topics.shards, partition: partition, key: Array(stream.utf8),
                    value: shard.bytes,
                    headers: [
                        (ShardTopicKind.header, Array(ShardTopicKind.shard.rawValue.utf8)),
                        ("content-type", Array("application/vnd.hashiflex.shard".utf8)),
                    ], tag: tag)
                return true
            } catch {
                guard error.code == KafkaError.Code.queueFull else { throw error }
                _ = stop.wait(milliseconds: 5)
            }
        }
    }

    /// The first shard that could not be delivered.
    func check() throws(KafkaError) {
        if let failure = state.withLock({ $0.failure }) { throw failure }
    }

    private func take(_ delivery: Delivery) {
        let flight = state.withLock { state -> Flight? in
            let flight = state.flights.removeValue(forKey: delivery.tag)
            if let error = delivery.error {
                state.failure = state.failure ?? error
            } else if let flight {
                state.summary.images += Int64(flight.images)
                state.summary.shards += 1
                state.summary.bytes += Int64(flight.bytes)
            }
            return flight
        }
        guard let flight else { return }
        if delivery.error == nil {
            pacer.delivered(flight.partition, offset: delivery.offset, bytes: flight.bytes)
        } else {
            pacer.failed(flight.partition, bytes: flight.bytes)
        }
    }
}
