internal import FleetMachines
internal import Kafka
internal import PipelineMessages
internal import Threads

/// The two threads that carry between the machine and the broker.
extension IngestConductor {
    /// Takes delivery reports on one thread, and asks the broker on another.
    func run() -> [PlatformThread] {
        [
            PlatformThread("deliveries") { [self] in takeDeliveries() },
            PlatformThread("pacer") { [self] in askBroker() },
        ]
    }

    /// Waits until everything sent is confirmed, or nobody waits for it any more. No stream may send from now on.
    func finish(_ threads: [PlatformThread]) {
        // Before it, though it is noticed later: what then follows is no failure.
        if asked.isSet { tell(.stop) }
        tell(.closed)
        ended.wait()
        // A question that the broker has not answered by then is left behind.
        for thread in threads { _ = thread.join(milliseconds: Self.lastAnswerMs) }
    }

    /// How long the last question is waited for at the end, milliseconds.
    private static let lastAnswerMs: Int64 = 500

    private func takeDeliveries() {
        while !ended.isSet {
            let answers = outlet.poll(timeoutMs: 20)
            for answer in answers {
                switch answer {
                case .delivered(let flight, let offset): tell(.delivered(flight: flight, offset: offset))
                case .failed(let flight, let error):
                    tell(.deliveryFailed(flight: flight, "\(error)"), because: error)
                }
            }
            if !answers.isEmpty { tell(.roomAgain) }
            tell(asked.isSet ? .stop : stop.isSet ? .windDown : .tick)
        }
    }

    /// How long an answer may take, milliseconds.
    private static let answerMs: Int32 = 5_000

    /// Most words of the library's connections that are taken at a time.
    private static let eventsMax = 64

    private func askBroker() {
        while !ended.isSet {
            for question in asking.take(milliseconds: 50) where !ended.isSet {
                tell(answer(to: question) ?? .noAnswer(question))
            }
            // It reads nothing; what the library says of lost nodes would pile up.
            for _ in 0..<Self.eventsMax {
                guard reader.poll(timeoutMs: 0) != nil else { break }
            }
        }
        _ = reader.close()
    }

    private func answer(to question: IngestQuestion) -> IngestEvent? {
        switch question {
        case .committed:
            let partitions = Self.partitions(0..<Int32(clamping: partitionCount), topics)
            guard let saved = try? reader.committed(partitions, timeoutMs: Self.answerMs) else { return nil }
            let offsets = saved.compactMap { partition, saved in
                saved.offset.map { (partition.partition, $0) }
            }
            return .committed(Dictionary(uniqueKeysWithValues: offsets))
        case .end(let number):
            let partition = TopicPartition(topic: topics.shards, partition: number)
            let end = try? reader.watermarks(partition, timeoutMs: Self.answerMs).high
            return end.map { .end($0, partition: number) }
        case .partitionCount:
            // Asked by the producer, which so learns of them before it is given anything for them.
            let count = try? outlet.partitionCount(timeoutMs: Self.answerMs)
            return count.map { .partitionCount($0) }
        case .start(let number):
            let partition = TopicPartition(topic: topics.shards, partition: number)
            guard let marks = try? reader.watermarks(partition, timeoutMs: Self.answerMs),
                let saved = try? reader.committed([partition], timeoutMs: Self.answerMs)
            else { return nil }
            let start = Self.start(saved[partition]?.offset, marks)
            return .start(committed: start.committed, end: start.end, partition: number)
        }
    }

    /// Partitions of the shard topic.
    static func partitions(_ numbers: Range<Int32>, _ topics: TopicNames) -> [TopicPartition] {
        numbers.map { TopicPartition(topic: topics.shards, partition: $0) }
    }

    /// Where a partition stands, by what its group has committed and by what there is.
    static func start(
        _ committed: Int64?, _ marks: (low: Int64, high: Int64)
    ) -> (committed: Int64, end: Int64) {
        (max(committed ?? marks.low, marks.low), marks.high)
    }
}

extension Moment {
    /// This moment by the machine's clocks.
    static var now: Moment { Moment(steadyMs: Clock.steadyMs, wallMs: Clock.wallMs) }
}
