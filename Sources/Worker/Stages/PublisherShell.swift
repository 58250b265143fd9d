internal import Synchronization
internal import Kafka
internal import PipelineMessages
internal import Threads

/// What the publisher thread holds: one sequencer a lane, and the records on their way to the broker.
struct PublisherShell {
    private struct Flight {
        let lane: LaneID
        let ordinal: Int
        let images: Int
        var records: Int
    }

    private let producer: KafkaProducer
    private let consumer: KafkaConsumer
    private let options: WorkerOptions
    private let meters: WorkerMeters
    private var lanes: [LaneID: LaneSequencer<ShardOutcome>] = [:]
    private var flights: [UInt64: Flight] = [:]
    private var nextFlight: UInt64 = 0
    private let encoder = PredictionEncoder()
    /// The predictions of the shard that is being published.
    private var predictions = MessageBatch()
    private var frontiers: [LaneID: LaneSequencer<ShardOutcome>.Frontier] = [:]
    private var committedImages: [LaneID: Int64] = [:]
    private var lastCommitMs = Clock.steadyMs
    /// How many records of each lane are committed.
    private(set) var committedOrdinals: [LaneID: Int] = [:]

    init(
        producer: KafkaProducer, consumer: KafkaConsumer, options: WorkerOptions, meters: WorkerMeters
    ) {
        self.producer = producer
        self.consumer = consumer
        self.options = options
        self.meters = meters
    }

    /// Whether published records are not known to be delivered yet, or delivered ones not committed.
    var hasUndelivered: Bool { !flights.isEmpty || !frontiers.isEmpty }

    /// Takes a message; outcomes of closed lanes are dropped.
    mutating func take(_ message: PublisherMessage) {
        switch message {
        case .opened(let lane, let images):
            lanes[lane] = LaneSequencer(images: images)
            committedImages[lane] = images
            committedOrdinals[lane] = 0
        case .outcome(let ticket, let outcome):
            lanes[ticket.lane]?.finish(ticket, images: outcome.images, payload: outcome)
        }
    }

    /// Forgets lanes; `nil` forgets all.
    mutating func drop(_ partitions: Set<Int32>?) {
        func goes(_ lane: LaneID) -> Bool { partitions?.contains(lane.partition) ?? true }
        lanes = lanes.filter { !goes($0.key) }
        frontiers = frontiers.filter { !goes($0.key) }
        flights = flights.filter { !goes($0.value.lane) }
        committedImages = committedImages.filter { !goes($0.key) }
        committedOrdinals = committedOrdinals.filter { !goes($0.key) }
    }

    // MARK: At least once

    /// Publishes what is in order, takes delivery reports, commits when it is time.
    mutating func publishAndCommit(now: Bool) throws(KafkaError) {
        try publishReleased()
        try takeDeliveries(timeoutMs: 0)
        collectFrontiers()
        guard !frontiers.isEmpty, now || Clock.steadyMs - lastCommitMs >= options.commitIntervalMs else {
            return
        }
        // Set first: a refused commit is tried again after the interval, not at once.
        lastCommitMs = Clock.steadyMs
        try consumer.commit(commits, synchronously: true)
        noteCommitted()
    }

    // MARK: Exactly once

    /// Publishes what is in order and its offsets in one transaction.
    mutating func publishInTransaction(now: Bool) throws(KafkaError) {
        guard now || Clock.steadyMs - lastCommitMs >= options.commitIntervalMs else { return }
        guard lanes.values.contains(where: { $0.hasReleasable }) else { return }
        try producer.beginTransaction()
        try publishReleased()
        while !flights.isEmpty { try takeDeliveries(timeoutMs: 100) }
        collectFrontiers()
        try producer.sendOffsets(commits, group: consumer.groupMetadata(), timeoutMs: 30_000)
        try producer.commitTransaction(timeoutMs: 60_000)
        noteCommitted()
    }

    /// Gives a transaction up; nothing of it becomes visible.
    mutating func abortTransaction() throws(KafkaError) {
        try producer.abortTransaction(timeoutMs: 60_000)
        flights = [:]
        frontiers = [:]
    }

    // MARK: Parts

    private var commits: [OffsetCommit] {
        frontiers.map { lane, frontier in
            OffsetCommit(
                TopicPartition(topic: options.topics.shards, partition: lane.partition),
                offset: frontier.offset, metadata: frontier.progress.text)
        }
    }

    private mutating func noteCommitted() {
        for (lane, frontier) in frontiers {
            let before = committedImages[lane] ?? frontier.progress.images
            meters.imagesCommitted.wrappingAdd(frontier.progress.images - before, ordering: .relaxed)
            committedImages[lane] = frontier.progress.images
            committedOrdinals[lane] = frontier.ordinals
        }
        frontiers = [:]
        lastCommitMs = Clock.steadyMs
    }

    private mutating func collectFrontiers() {
        for lane in lanes.keys {
            if let frontier = lanes[lane]?.takeFrontier() { frontiers[lane] = frontier }
        }
    }

    private mutating func publishReleased() throws(KafkaError) {
        for lane in lanes.keys {
            while let released = lanes[lane]?.release() {
                let records = OutcomeRecords(
                    released, options: options, encoder: encoder, batch: &predictions)
                if records.isDeadLetter { meters.deadLetters.wrappingAdd(1, ordering: .relaxed) }
                let count = predictions.count + records.others.count
                guard count > 0 else {
                    lanes[lane]?.delivered(ordinal: released.ticket.ordinal)
                    continue
                }
                let tag = nextFlight
                nextFlight += 1
                flights[tag] = Flight(
                    lane: lane, ordinal: released.ticket.ordinal, images: released.payload.images,
                    records: count)
                try sendPredictions(partition: lane.partition, tag: tag)
                for record in records.others { try send(record, tag: tag) }
            }
        }
    }

    private mutating func sendPredictions(partition: Int32, tag: UInt64) throws(KafkaError) {
        while !predictions.isQueued {
            do throws(KafkaError) {
                try producer.produce(
                    topic: options.topics.predictions, partition: partition, batch: &predictions, tag: tag)
            } catch {
                guard error.code == KafkaError.Code.queueFull else { throw error }
                try takeDeliveries(timeoutMs: 50)
            }
        }
    }

    private mutating func send(_ record: OutcomeRecords.Record, tag: UInt64) throws(KafkaError) {
        while true {
            do throws(KafkaError) {
                return try producer.produce(
                    topic: record.topic, partition: record.partition, key: record.key,
                    value: record.value, headers: record.headers, tag: tag)
            } catch {
                guard error.code == KafkaError.Code.queueFull else { throw error }
                try takeDeliveries(timeoutMs: 50)
            }
        }
    }

    private mutating func takeDeliveries(timeoutMs: Int32) throws(KafkaError) {
        for delivery in producer.poll(timeoutMs: timeoutMs) {
            if let error = delivery.error {
                // A lane that was closed in between no longer cares.
                guard flights[delivery.tag] != nil else { continue }
                throw error
            }
            guard let place = flights.index(forKey: delivery.tag) else { continue }
            flights.values[place].records -= delivery.count
            let flight = flights.values[place]
            guard flight.records == 0 else { continue }
            flights.remove(at: place)
            lanes[flight.lane]?.delivered(ordinal: flight.ordinal)
        }
    }
}
