package import Kafka
internal import PipelineMessages
package import Threads

/// Looks records up in their partitions, at the leaders that most nodes name.
///
/// A node that is cut off from its peers names itself, and does not have what others took. Records are told by their bytes: names of images
/// and the time of packing are in them.
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

    /// The configuration of a client that asks a node first which most others do not contradict.
    func asking() throws(KafkaError) -> KafkaConfiguration {
        let leaders = try leaders()
        guard let address = leaders.values.min() else { return options.kafka }
        return options.kafka.asking(address)
    }

    /// The offsets of those that are there, up to where the partitions end now. Tries again until it has looked at all of them.
    ///
    /// - Throws: ``/Kafka/KafkaError``, when it was ended or took too long.
    package mutating func find(
        _ open: [UInt64: UnansweredShard], until ended: Signal, deadlineMs: Int64
    ) throws(KafkaError) -> [UInt64: Int64] {
        var found: [UInt64: Int64] = [:]
        for (partition, records) in Dictionary(grouping: open, by: \.value.partition).sorted(by: {
            $0.key < $1.key
        }) {
            var isDone = false
            while !isDone {
                do throws(KafkaError) {
                    try look(records.map { ($0.key, $0.value.bytes) }, in: partition, until: ended, &found)
                    isDone = true
                } catch {
                    guard !error.isPermanent, Clock.steadyMs < deadlineMs,
                        !ended.wait(milliseconds: Self.pauseMs)
                    else { throw error }
                }
            }
        }
        return found
    }

    private mutating func look(
        _ records: [(flight: UInt64, bytes: [UInt8])], in number: Int32, until ended: Signal,
        _ found: inout [UInt64: Int64]
    ) throws(KafkaError) {
        let partition = TopicPartition(topic: options.topics.shards, partition: number)
        var kafka = options.kafka
        if let address = try leaders()[number] { kafka = kafka.asking(address) }
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
            guard !ended.isSet, Clock.steadyMs - heardMs < Self.silentMs else {
                throw KafkaError(
                    code: KafkaError.Code.timedOut, doing: "cannot look up what was sent to \(partition)",
                    detail: "its leader brings nothing", isRetriable: true)
            }
        }
        begins[number] = max(begins[number] ?? 0, marks.high)
    }

    /// The addresses of the leaders that more than half of the nodes name, by partition; empty where there is one node only.
    private func leaders() throws(KafkaError) -> [Int32: String] {
        let nodes = try KafkaAdmin(options.kafka).metadata(timeoutMs: Self.answerMs).brokers
        guard nodes.count > 1 else { return [:] }
        var votes: [Int32: [Int32: Int]] = [:]
        for node in nodes {
            let admin = try KafkaAdmin(options.kafka.asking(node.address))
            let topics = try? admin.metadata(timeoutMs: Self.answerMs).topics
            for partition in topics?[options.topics.shards]?.partitions ?? [] {
                votes[partition.id, default: [:]][partition.leader, default: 0] += 1
            }
        }
        let addresses = Dictionary(nodes.map { ($0.id, $0.address) }) { first, _ in first }
        return votes.compactMapValues { votes in
            votes.first { 2 * $0.value > nodes.count }.flatMap { addresses[$0.key] }
        }
    }
}

extension KafkaConfiguration {
    /// The same for a client that asks this node first.
    fileprivate func asking(_ address: String) -> KafkaConfiguration {
        var asking = self
        asking.set("bootstrap.servers", address)
        return asking
    }
}
