internal import FleetMachines
internal import Kafka
internal import PipelineMessages
internal import Synchronization
internal import Threads

/// The writing thread: publishes finished records, commits, and tells the machine what became of it.
final class WorkerWriter: Sendable {
    private let options: WorkerOptions
    private let conductor: WorkerConductor
    private let producer: WorkerProducer
    private let consumer: ShardConsumer
    private let memberships: Memberships
    private let letters = Mutex(DeadLetterLimit())
    private let acknowledgements = Mutex(AcknowledgementWatch())

    /// Connects; with exactly-once it takes over what a predecessor of the same name left open.
    ///
    /// - Parameter stop: Ends the waiting for a broker that can not do that now.
    init(
        _ options: WorkerOptions, conductor: WorkerConductor, consumer: ShardConsumer,
        memberships: Memberships, stop: Signal
    ) throws(KafkaError) {
        self.options = options
        self.conductor = conductor
        self.consumer = consumer
        self.memberships = memberships
        var producerOptions = ProducerOptions()
        // A shard's records leave together; waiting for the next shard's costs less than it saves.
        producerOptions.lingerMs = 10
        // A shard's predictions differ in little; their values shrink to a seventh (measured, 32 images).
        producerOptions.compression = .lz4
        if options.delivery == .exactlyOnce {
            producerOptions.transactionalID = options.topics.transactionPrefix + options.worker
        }
        producer = try WorkerProducer(options, options: producerOptions, stop: stop)
    }

    func run() -> PlatformThread {
        PlatformThread("publisher") { [self] in
            let encoder = PredictionEncoder()
            var predictions = MessageBatch()
            while !conductor.ended.isSet {
                let waitMs: Int64 = conductor.hasFlights ? 10 : 50
                for action in conductor.writing.take(milliseconds: waitMs) {
                    perform(action, encoder, &predictions)
                }
                takeDeliveries(timeoutMs: 0)
                if let renewal = producer.takeRenewal() {
                    letters.withLock { $0.forget() }
                    acknowledgements.withLock { $0.forget() }
                    conductor.tell(.flightsLost(renewal))
                }
                conductor.tell(.tick)
            }
        }
    }

    private func perform(
        _ action: Machine.Action, _ encoder: PredictionEncoder, _ predictions: inout MessageBatch
    ) {
        switch action {
        case .publish(let publication, let flight): publish(publication, flight, encoder, &predictions)
        case .commit(let commits, let serial, _):
            let failure = asMember { () throws(KafkaError) in
                do throws(KafkaError) {
                    try consumer.current.commit(offsets(commits), synchronously: true)
                } catch {
                    // The group's node has not heard of partitions that are being read; Kafka's own client asks again as well.
                    guard error.code == KafkaError.Code.unknownTopicOrPartition else { throw error }
                    throw KafkaError(code: KafkaError.Code.unknownPartition, doing: "\(error)")
                }
            }
            conductor.tell(.commitEnded(failure, serial: serial))
        case .beginTransaction:
            transact(.begin) { () throws(KafkaError) in try producer.begin() }
        case .sendOffsets(let commits, let generation):
            guard let begun = memberships.membership(generation) else {
                let stale = CallFailure(.stale, "the partitions were given to others")
                return conductor.tell(.transactionEnded(.sendOffsets, stale))
            }
            // In Kafka 4's protocol the number of a membership rises while its partitions stay, and an old one is refused. A
            // member that was given up gets a new one only after this worker has answered that it lost everything.
            let failure = asMember { () throws(KafkaError) in
                let membership =
                    options.kafka.usesConsumerProtocol ? try consumer.current.groupMetadata() : begun
                try producer.sendOffsets(offsets(commits), group: membership)
            }
            conductor.tell(.transactionEnded(.sendOffsets, failure))
        case .commitTransaction:
            transact(.commit) { () throws(KafkaError) in try producer.commit() }
        case .abortTransaction:
            transact(.abort) { () throws(KafkaError) in try producer.abort() }
        case .fetchPositions, .countAnswers, .assign, .unassign, .pause, .resume, .submit, .leaveGroup,
            .joinGroup, .askLeaders, .askControlEnd, .fetchHead, .reopenControl, .unloadHead, .say, .finished,
            .failed:
            preconditionFailure("the conductor gives the writer what is written")
        }
    }

    private func transact(_ call: TransactionCall, _ body: () throws(KafkaError) -> Void) {
        conductor.tell(.transactionEnded(call, failure(body)))
    }

    private func failure(_ body: () throws(KafkaError) -> Void) -> CallFailure? {
        do throws(KafkaError) {
            try body()
            return nil
        } catch {
            return producer.failure(error)
        }
    }

    /// As ``failure(_:)`` for what is done in the group's name: somebody else may have this worker's.
    private func asMember(_ body: () throws(KafkaError) -> Void) -> CallFailure? {
        do throws(KafkaError) {
            try body()
            return nil
        } catch {
            return consumer.isFenced(error) ? CallFailure(.stale, "\(error)") : producer.failure(error)
        }
    }

    private func offsets(_ commits: [PartitionCommit]) -> [OffsetCommit] {
        commits.map { commit in
            OffsetCommit(
                TopicPartition(topic: options.topics.shards, partition: commit.partition),
                offset: commit.offset, metadata: commit.progress.text)
        }
    }

    // MARK: Publishing

    private func publish(
        _ publication: Publication<KafkaMessage, ScoredShard>, _ flight: UInt64, _ encoder: PredictionEncoder,
        _ predictions: inout MessageBatch
    ) {
        var records = OutcomeRecords(
            publication, options: options, copyBytesMax: letters.withLock { $0.bytesMax })
        let count = records.predictions + records.others.count
        letters.withLock { $0.sending(flight, repeating: records.repeatedBytes, records: count) }
        acknowledgements.withLock {
            $0.sending(
                flight, of: publication.ticket.lane.partition, records: count, nowMs: Clock.steadyMs)
        }
        do throws(KafkaError) {
            let partition = publication.ticket.lane.partition
            while records.takePredictions(options, encoder, in: &predictions) {
                try untilQueued(options.topics.predictions, partition) { () throws(KafkaError) in
                    try producer.current.produce(
                        topic: options.topics.predictions, partition: partition, batch: &predictions,
                        tag: flight)
                }
            }
            for record in records.others {
                try untilQueued(record.topic, record.partition) { () throws(KafkaError) in
                    try producer.current.produce(
                        topic: record.topic, partition: record.partition, key: record.key,
                        value: record.value, headers: record.headers, tag: flight)
                }
            }
            conductor.tell(.queued(flight: flight, records: count))
        } catch {
            acknowledgements.withLock {
                $0.answered(flight, records: count, isAcknowledged: false, nowMs: Clock.steadyMs)
            }
            conductor.tell(.deliveryFailed(failure(error, of: flight), flight: flight))
        }
    }

    /// What a failure means: where a smaller dead letter may pass, that the record is to be done again.
    private func failure(_ error: KafkaError, of flight: UInt64) -> CallFailure {
        guard let words = letters.withLock({ $0.refused(error, flight) }) else {
            return producer.failure(error)
        }
        return CallFailure(options.delivery == .exactlyOnce ? .abortable : .retriable, words)
    }

    /// How often the producer is told of a partition that it has not heard of.
    private static let countsMax = 5

    /// Makes room in the producer's queue while it is full.
    private func untilQueued(
        _ topic: String, _ partition: Int32, _ body: () throws(KafkaError) -> Void
    ) throws(KafkaError) {
        var counts = 0
        while true {
            do throws(KafkaError) {
                return try body()
            } catch {
                if error.code == KafkaError.Code.unknownPartition, counts < Self.countsMax,
                    try producer.current.partitionCount(of: topic, timeoutMs: 5_000) > Int(partition)
                {
                    counts += 1
                    continue
                }
                guard error.code == KafkaError.Code.queueFull, !conductor.ended.isSet else { throw error }
                takeDeliveries(timeoutMs: 50)
            }
        }
    }

    private func takeDeliveries(timeoutMs: Int32) {
        let deliveries = producer.current.poll(timeoutMs: timeoutMs)
        for delivery in deliveries {
            defer { letters.withLock { $0.answered(delivery.tag, records: delivery.count) } }
            acknowledgements.withLock {
                $0.answered(
                    delivery.tag, records: delivery.count, isAcknowledged: delivery.error == nil,
                    nowMs: Clock.steadyMs)
            }
            if let error = delivery.error {
                conductor.tell(.deliveryFailed(failure(error, of: delivery.tag), flight: delivery.tag))
            } else {
                conductor.tell(.delivered(flight: delivery.tag, records: delivery.count))
            }
        }
        let partitionMs = acknowledgements.withLock { $0.silentMs(nowMs: Clock.steadyMs) }
        let isLong = producer.watch(
            deliveries, hasFlights: conductor.hasFlights, partitionMs: partitionMs)
        if isLong { acknowledgements.withLock { $0.begin(nowMs: Clock.steadyMs) } }
    }
}
