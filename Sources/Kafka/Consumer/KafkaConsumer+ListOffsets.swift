internal import CRDKafka
internal import Threads

extension KafkaConsumer {
    /// Asks the leaders of these partitions for the offsets at a time, or at one of Kafka's marks for both ends.
    ///
    /// librdkafka up to 2.8.0 asks whoever it has once heard to be the leader, also after that node has said that it is none, until
    /// what it has heard is `metadata.max.age.ms` old (15 s here): a consumer that reads nothing by itself hears of no other. So
    /// the leaders are asked for here, and the question is put once more.
    ///
    /// - Parameters:
    ///   - timeoutMs: For all of it, but that the leaders are asked for a moment even then: the next call finds them.
    ///   - isRepeated: Whether what failed is asked once more.
    /// - Returns: The offsets; partitions that have no leader carry an error.
    func listOffsets(
        _ partitions: [TopicPartition], at time: Int64, doing words: String, timeoutMs: Int32,
        isRepeated: Bool = true
    ) throws(KafkaError) -> PartitionList {
        try requireOpen(doing: words)
        let deadlineMs = Clock.steadyMs + Int64(timeoutMs)
        do throws(KafkaError) {
            let list = try listOffsetsOnce(partitions, at: time, doing: words, timeoutMs: timeoutMs)
            guard isRepeated, list.mayPass, hearsOfLeaders(of: partitions, until: deadlineMs) else {
                return list
            }
            do throws(KafkaError) {
                return try listOffsetsOnce(
                    partitions, at: time, doing: words, timeoutMs: Self.leftMs(deadlineMs))
            } catch {
                // What was told the first time is known.
                return list
            }
        } catch {
            guard isRepeated, error.mayPass, hearsOfLeaders(of: partitions, until: deadlineMs) else {
                throw error
            }
        }
        return try listOffsetsOnce(
            partitions, at: time, doing: words, timeoutMs: Self.leftMs(deadlineMs))
    }

    private static func leftMs(_ deadlineMs: Int64) -> Int32 {
        Int32(clamping: max(1, deadlineMs - Clock.steadyMs))
    }

    /// How long the leaders may be asked for, milliseconds: at least, when there is no time left, and at most, since the node that is
    /// asked may be the silent one.
    private static let leadersMs: ClosedRange<Int64> = 500...1_000

    /// Asks who leads these partitions; false when there was no time for more.
    @discardableResult
    func hearsOfLeaders(of partitions: [TopicPartition], until deadlineMs: Int64) -> Bool {
        let nowMs = Clock.steadyMs
        let untilMs =
            nowMs + min(max(deadlineMs - nowMs, Self.leadersMs.lowerBound), Self.leadersMs.upperBound)
        for topic in Set(partitions.map(\.topic)) {
            let leftMs = untilMs - Clock.steadyMs
            guard leftMs > 0 else { break }
            _ = try? client.topic(topic, timeoutMs: Int32(clamping: leftMs))
        }
        return Clock.steadyMs < deadlineMs
    }

    private func listOffsetsOnce(
        _ partitions: [TopicPartition], at time: Int64, doing words: String, timeoutMs: Int32
    ) throws(KafkaError) -> PartitionList {
        // The protocol's marks for both ends travel in the place of a time.
        let list = PartitionList(capacity: partitions.count)
        for partition in partitions { list.add(partition, offset: time) }
        let code = rd_kafka_offsets_for_times(client.pointer, list.pointer, timeoutMs)
        // Where no partition has a leader this is all the library says; why, stands beside each. Either the node that was asked has not
        // heard of a partition, or there is no leader now: asking again may help.
        if code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION {
            let failure = list.firstFailure(doing: words)
            guard let failure, failure.code != code.rawValue else {
                throw KafkaError(code: code.rawValue, doing: words, isRetriable: true)
            }
            throw failure.naming(.describe, topic: partitions[0].topic, of: client.pointer)
        }
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw client.unreachable(code, doing: words, timeoutMs: timeoutMs)
                .naming(.describe, topic: partitions[0].topic, of: client.pointer)
        }
        return list
    }
}
