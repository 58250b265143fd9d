import Artifacts
import ControlPlane
import Kafka
import PipelineMessages
import Testing
import Threads

/// A deployment on an embedded broker: the topics, and a hand that writes what workers and people write.
final class Deployment {
    let broker: EmbeddedBroker
    let topics: TopicNames
    let writer: RecordWriter
    let partitions: Int
    private let tail: ControlTail
    /// Every cut-over record of the control topic so far, with its offset.
    private(set) var cutovers: [(record: CutoverRecord, offset: Int64)] = []
    private var coordinators: [TestCoordinator] = []

    init(partitions: Int) throws {
        self.partitions = partitions
        topics = try #require(TopicNames(prefix: "test"))
        broker = try EmbeddedBroker(
            topics: TopicPlan.all(topics, partitions: partitions).map { ($0.name, $0.partitions) }
        )
        writer = try RecordWriter(broker.configuration)
        tail = try ControlTail(broker.configuration, topics: topics)
    }

    /// Ends the coordinators, then the broker.
    func close() {
        for coordinator in coordinators { coordinator.stop() }
        tail.close()
        broker.close()
    }

    /// Starts a coordinator; `onLog` hears its lines on its own threads.
    func coordinator(
        _ name: String,
        onLog: @escaping @Sendable (String) -> Void = { _ in }
    ) -> TestCoordinator {
        let coordinator = TestCoordinator(name, broker: broker, topics: topics, onLog: onLog)
        coordinators.append(coordinator)
        return coordinator
    }

    // MARK: Writing

    /// Some shards in each partition, so that the markers' offsets differ.
    func writeShards() throws {
        for partition in 0..<partitions {
            for _ in 0...partition { try writeToShards(Int32(partition), kind: .shard, value: [1]) }
        }
    }

    @discardableResult
    func writeToShards(_ partition: Int32, kind: ShardTopicKind, value: [UInt8]) throws -> Int64 {
        try writer.write(
            RecordWriter.Record(
                topic: topics.shards,
                partition: partition,
                key: Array("k".utf8),
                value: value,
                headers: [(ShardTopicKind.header, Array(kind.rawValue.utf8))]
            )
        )
    }

    /// Publishes a head whose content is its name.
    func publishHead(_ name: String) throws -> HeadManifest {
        let file = Array(name.utf8)
        let manifest = HeadManifest(
            file: file,
            head: ContentDigest(of: file),
            label: try #require(HeadLabel(name: name, version: "v1")),
            backbone: ContentDigest(of: [0]),
            classes: 2,
            publishedAtMs: Clock.wallMs
        )
        try writer.publish(head: file, manifest: manifest, topics: topics)
        return manifest
    }

    /// Writes a worker's heartbeat.
    func beat(
        _ worker: String,
        ready: [HeadManifest] = [],
        refused: [(HeadManifest, String)] = [],
        frozen: HeadManifest? = nil
    ) throws {
        var status = WorkerStatus(
            worker: worker,
            incarnation: "1",
            host: "h",
            pid: 1,
            startedAtMs: Clock.wallMs,
            backbone: ContentDigest(of: frozen == nil ? [0] : [1]),
            isa: "scalar",
            replicas: 1
        )
        status.state = .running
        status.headsReady = ready.map(\.head)
        status.frozenHead = frozen.map { .init(head: $0.head, label: $0.label) }
        status.refusals = refused.map { .init(head: $0.0.head, reason: $0.1) }
        try writer.write(
            RecordWriter.Record(
                topic: topics.status,
                key: Array("worker/\(worker)".utf8),
                value: JSONRecord.encode(status)
            )
        )
    }

    /// Writes a receipt of 10 images.
    func receipt(_ worker: String, partition: Int32, offset: Int64, before: Int64) throws {
        let receipt = Receipt(
            topic: topics.shards,
            partition: partition,
            offset: offset,
            stream: "s",
            images: 10,
            errors: 0,
            imagesBefore: before,
            deadLetter: nil,
            head: nil,
            worker: worker,
            incarnation: "1",
            serviceUs: 1,
            scoredAtMs: 1
        )
        try writer.write(
            RecordWriter.Record(
                topic: topics.receipts,
                partition: partition,
                key: Array(receipt.key.utf8),
                value: JSONRecord.encode(receipt)
            )
        )
    }

    /// Asks for a cut-over.
    func ask(_ request: String, _ manifest: HeadManifest, deadlineMs: Int64 = 60_000) throws {
        try writer.write(record(request, manifest, deadlineMs: deadlineMs), topics: topics)
    }

    func record(_ request: String, _ manifest: HeadManifest, deadlineMs: Int64 = 60_000) -> CutoverRecord {
        CutoverRecord(
            request: request,
            slot: .standard,
            head: manifest.head,
            label: manifest.label,
            deadlineMs: deadlineMs,
            requestedAtMs: Clock.wallMs
        )
    }

    // MARK: Reading

    /// Waits until a cut-over has a record of `state`; returns the first.
    func wait(
        for state: CutoverRecord.State,
        of request: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> CutoverRecord {
        func found() -> CutoverRecord? {
            cutovers.first { $0.record.request == request && $0.record.state == state }?.record
        }
        eventually("\(request) is \(state)", sourceLocation: sourceLocation) {
            for case .cutover(let record, let offset) in tail.poll(timeoutMs: 50) {
                cutovers.append((record, offset))
            }
            return found() != nil
        }
        return try #require(found(), sourceLocation: sourceLocation)
    }

    /// The offset of the first record of a cut-over, once it was read.
    func number(of request: String) -> Int64? { cutovers.first { $0.record.request == request }?.offset }

    /// Every marker in the shard topic, by partition, with its offset.
    func markers() throws -> [Int32: [(offset: Int64, marker: CutoverMarker)]] {
        let reader = try KafkaConsumer(
            broker.configuration,
            groupID: "test-markers",
            options: ConsumerOptions(offsetReset: .error, reportsPartitionEnd: true)
        )
        defer { _ = reader.close() }
        try reader.assign(
            (0..<Int32(partitions)).map { (TopicPartition(topic: topics.shards, partition: $0), .beginning) }
        )
        var open = partitions
        var markers: [Int32: [(Int64, CutoverMarker)]] = [:]
        eventually("the shard topic is read") {
            switch reader.poll(timeoutMs: 50) {
            case .message(let message):
                if let marker = try? JSONRecord.decode(CutoverMarker.self, from: message.payload) {
                    markers[message.partition, default: []].append((message.offset, marker))
                }
            case .partitionEnd: open -= 1
            default: break
            }
            return open == 0
        }
        return markers
    }
}

/// Waits for a condition instead of sleeping; reports what was waited for.
func eventually(
    _ what: Comment,
    within limit: Duration = .seconds(30),
    sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () -> Bool
) {
    let deadline = ContinuousClock.now + limit
    while ContinuousClock.now < deadline {
        if condition() { return }
    }
    Issue.record("never happened: \(what)", sourceLocation: sourceLocation)
}
