package import Kafka
internal import PipelineMessages
package import Threads

/// Looks records up in their partitions, at the leaders that most nodes name (``LeaderVote``).
///
/// Records are told by their bytes: names of images and the time of packing are in them.
package struct ShardSearch {
    private let options: IngestOptions
    /// Below these offsets there is nothing that is looked for, or it was looked at.
    private var begins: [Int32: Int64]

    /// How long a node may take to answer, milliseconds.
    private static let answerMs: Int32 = 3_000
    /// A partition that brings nothing for so long is asked for anew, milliseconds.
    private static let silentMs: Int64 = 10_000
    /// Time between two attempts, milliseconds.
    private static let pauseMs: Int64 = 500

    /// A search from `begins` on, 0 where nothing is said.
    package init(_ options: IngestOptions, begins: [Int32: Int64]) {
        self.options = options
        self.begins = begins
    }

    /// The configuration of a client whose first question goes to a node that most agree with. Asks again until they do.
    ///
    /// - Throws: ``/Kafka/KafkaError``, when it was ended or took too long.
    package func asking(until ended: Signal, deadlineMs: Int64) throws(KafkaError) -> KafkaConfiguration {
        try Self.again(until: ended, deadlineMs: deadlineMs) { () throws(KafkaError) -> KafkaConfiguration in
            let vote = try vote()
            return try asking(about: vote.partitions, by: vote)
        }
    }

    /// The offsets of those that are there, up to where the partitions end now. Tries again until it has looked at all of them.
    ///
    /// - Throws: ``/Kafka/KafkaError``, when it was ended or took too long.
    package mutating func find(
        _ open: [UInt64: UnansweredShard], until ended: Signal, deadlineMs: Int64
    ) throws(KafkaError) -> [UInt64: Int64] {
        var found: [UInt64: Int64] = [:]
        let partitions = Dictionary(grouping: open, by: \.value.partition).sorted { $0.key < $1.key }
        guard !partitions.isEmpty else { return found }
        var done = 0
        try Self.again(until: ended, deadlineMs: deadlineMs) { () throws(KafkaError) -> Void in
            let vote = try vote()
            while done < partitions.count {
                let (partition, records) = partitions[done]
                try look(
                    records.map { ($0.key, $0.value.bytes) }, in: partition, by: vote, until: ended,
                    deadlineMs: deadlineMs, &found)
                done += 1
            }
        }
        return found
    }

    /// Tries again what may pass, until it was ended or took too long.
    private static func again<Answer>(
        until ended: Signal, deadlineMs: Int64, _ body: () throws(KafkaError) -> Answer
    ) throws(KafkaError) -> Answer {
        while true {
            do throws(KafkaError) {
                return try body()
            } catch {
                guard !error.isPermanent, Clock.steadyMs < deadlineMs, !ended.wait(milliseconds: pauseMs)
                else { throw error }
            }
        }
    }

    private mutating func look(
        _ records: [(flight: UInt64, bytes: [UInt8])], in number: Int32, by vote: LeaderVote,
        until ended: Signal, deadlineMs: Int64, _ found: inout [UInt64: Int64]
    ) throws(KafkaError) {
        let partition = TopicPartition(topic: options.topics.shards, partition: number)
        let kafka = try asking(about: [number], by: vote)
        var consumer = ConsumerOptions(offsetReset: .error, reportsPartitionEnd: true)
        consumer.isolation = .readUncommitted
        let reader = try KafkaConsumer(kafka, groupID: nil, options: consumer)
        defer { reader.close(timeoutMs: Self.answerMs) }
        let marks = try reader.watermarks(partition, timeoutMs: Self.answerMs)
        var next = max(begins[number] ?? 0, marks.low)
        if next < marks.high { try reader.assign([(partition, .offset(next))]) }
        var heardMs = Clock.steadyMs
        while next < marks.high {
            switch reader.poll(timeoutMs: 200) {
            case .message(let message):
                heardMs = Clock.steadyMs
                next = message.offset + 1
                let record = records.first { record in
                    record.bytes.count == message.byteCount
                        && message.withPayload { $0.elementsEqual(record.bytes) }
                }
                if let record { found[record.flight] = message.offset }
            case .partitionEnd(_, let end):
                heardMs = Clock.steadyMs
                next = max(next, end)
            case .error(let error): if error.isFatal { throw error }
            case .assigned, .revoked, nil: break
            }
            let nowMs = Clock.steadyMs
            guard !ended.isSet, nowMs < deadlineMs, nowMs - heardMs < Self.silentMs else {
                throw KafkaError(
                    code: KafkaError.Code.timedOut, doing: "cannot look up what was sent to \(partition)",
                    detail: "its leader brings nothing, or too slowly", isRetriable: true)
            }
        }
        begins[number] = max(begins[number] ?? 0, marks.high)
    }

    /// What every node that is known says of the leaders, each asked by itself; one that is known alone has said it already.
    private func vote() throws(KafkaError) -> LeaderVote {
        let cluster = try KafkaAdmin(options.kafka).metadata(timeoutMs: Self.answerMs)
        guard cluster.brokers.count > 1 else {
            return LeaderVote(
                cluster.brokers.map { LeaderVote.Node(address: $0.address, leaders: leaders(in: cluster)) })
        }
        let nodes = cluster.brokers.map { node in
            let answer = try? KafkaAdmin(asking(node.address)).metadata(timeoutMs: Self.answerMs)
            return LeaderVote.Node(address: node.address, leaders: answer.map { leaders(in: $0) })
        }
        return LeaderVote(nodes)
    }

    private func leaders(in cluster: ClusterDescription) -> [Int32: Int32] {
        let partitions = cluster.topics[options.topics.shards]?.partitions ?? []
        return Dictionary(partitions.map { ($0.id, $0.leader) }) { first, _ in first }
    }

    private func asking(
        about partitions: [Int32], by vote: LeaderVote
    ) throws(KafkaError) -> KafkaConfiguration {
        guard let addresses = vote.addresses(of: partitions) else {
            throw KafkaError(
                code: KafkaError.Code.leaderNotAvailable,
                doing: "cannot look up what was sent to \(options.topics.shards)",
                detail: "there is no leader that more than half of the nodes name", isRetriable: true)
        }
        return asking(addresses)
    }

    /// The same for a client that asks one of these nodes first.
    private func asking(_ addresses: String) -> KafkaConfiguration {
        var kafka = options.kafka
        kafka.set("bootstrap.servers", addresses)
        return kafka
    }
}

extension ShardSearch {
    /// What is said when what was written can not be looked up.
    ///
    /// - Parameters:
    ///   - reason: What has made the producer useless.
    ///   - error: Why the search failed.
    ///   - shards: The name of the topic.
    package static func failure(
        _ reason: KafkaError?, search error: KafkaError, shards: String
    ) -> KafkaError {
        guard let reason else { return error }
        let advice =
            error.isRefusedAccess
            ? "; a camera that is to go on by itself needs Read on topic \(shards)" : ""
        return reason.adding("what was written can not be looked up: \(error)\(advice)")
    }
}
