internal import CRDKafka

extension KafkaConsumer {
    /// Waits until this consumer's group has answered, to learn whether this user may see it.
    ///
    /// Not by the admin request that describes groups: when the connection to the group's coordinator breaks meanwhile,
    /// that one aborts the whole process (librdkafka 4605, open in April 2026).
    ///
    /// - Throws: ``KafkaError`` when the right is missing, or there was no answer.
    func findGroup(_ group: String, timeoutMs: Int32) throws(KafkaError) {
        let deadline = ContinuousClock.now + .milliseconds(timeoutMs)
        let refused = RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED.rawValue
        var failure: KafkaError
        repeat {
            do throws(KafkaError) {
                _ = try committed([TopicPartition(topic: "\(group).no-topic", partition: 0)], timeoutMs: 500)
                return
            } catch {
                failure = error
            }
            // What is wrong with the topic, the group has answered. That the group is hidden comes as an event.
            if failure.code != refused, failure.isRefusedAccess { return }
            if case .error(let event) = poll(timeoutMs: 0), event.code == refused { failure = event }
        } while failure.code != refused && ContinuousClock.now < deadline
        guard failure.code == refused else { throw failure }
        throw KafkaError(code: refused, doing: "cannot ask about group \(group)")
            .naming(.describe, group: group, of: client.pointer)
    }

    /// Asks for the oldest and the next offset of many partitions at once.
    ///
    /// - Returns: The partitions that have a leader.
    /// - Throws: ``KafkaError`` as well when one of these leaders does not answer in time: of no partition anything is told then.
    public func extents(
        _ partitions: [TopicPartition],
        timeoutMs: Int32 = KafkaConsumer.requestTimeoutMs
    ) throws(KafkaError) -> [TopicPartition: (low: Int64, high: Int64)] {
        try extents(partitions, timeoutMs: timeoutMs, isRepeated: true)
    }

    private func extents(
        _ partitions: [TopicPartition], timeoutMs: Int32, isRepeated: Bool
    ) throws(KafkaError) -> [TopicPartition: (low: Int64, high: Int64)] {
        let low = try offsets(partitions, at: .beginning, timeoutMs: timeoutMs, isRepeated: isRepeated)
        let high = try offsets(partitions, at: .end, timeoutMs: timeoutMs, isRepeated: isRepeated)
        var extents: [TopicPartition: (low: Int64, high: Int64)] = [:]
        for (partition, begin) in low {
            if let end = high[partition] { extents[partition] = (begin, end) }
        }
        return extents
    }

    /// Asks for the same leader by leader: one that does not answer takes only its own partitions along. Who leads is asked for
    /// first, for a second at most: this client may have heard of others.
    ///
    /// - Parameters:
    ///   - leaders: The partitions, by who leads them.
    ///   - timeoutMs: How long each leader may take for each of two answers.
    ///   - isStopped: Asked before each leader; once it is true, nobody else is asked.
    /// - Returns: What is known, and the partitions whose leader did not answer.
    public func extents(
        by leaders: [Int32: [TopicPartition]], timeoutMs: Int32, isStopped: () -> Bool = { false }
    ) -> (known: [TopicPartition: (low: Int64, high: Int64)], silent: Set<TopicPartition>) {
        var known: [TopicPartition: (low: Int64, high: Int64)] = [:]
        var silent: Set<TopicPartition> = []
        hearsOfLeaders(of: leaders.values.flatMap { $0 }, until: .max / 2)
        for (_, places) in leaders.sorted(by: { $0.key < $1.key }) {
            guard !isStopped() else { break }
            do throws(KafkaError) {
                known.merge(try extents(places, timeoutMs: timeoutMs, isRepeated: false)) { $1 }
            } catch {
                silent.formUnion(places)
            }
        }
        return (known, silent)
    }

    /// Where these partitions begin or end for this client: one that sees what is committed is told the end before the oldest
    /// open transaction. Partitions without a leader are left out; one leader that does not answer takes all with it.
    func offsets(
        _ partitions: [TopicPartition], at place: StartOffset, timeoutMs: Int32, isRepeated: Bool = true
    ) throws(KafkaError) -> [TopicPartition: Int64] {
        guard !partitions.isEmpty else { return [:] }
        let list = try listOffsets(
            partitions, at: place.number, doing: "cannot list the offsets of \(partitions.count) partitions",
            timeoutMs: timeoutMs, isRepeated: isRepeated)
        var offsets: [TopicPartition: Int64] = [:]
        for element in PartitionList.elements(of: list.pointer)
        where element.err == RD_KAFKA_RESP_ERR_NO_ERROR && element.offset >= 0 {
            offsets[PartitionList.name(of: element)] = element.offset
        }
        return offsets
    }
}
