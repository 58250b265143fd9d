import ControlPlane
import FleetMachines
import Kafka
import PipelineMessages
import Threads

/// Carries out what the machine wants asked, searched and written, one after the other on a thread of its own.
final class ErrandRunner: Sendable {
    private let options: CoordinatorOptions
    private let writer: RecordWriter
    private let search: MarkerSearch
    private let stop: Signal
    private let tell: @Sendable (CoordinatorEvent) -> Void

    /// Without an errand for so long the thread is idle, milliseconds.
    private static let idleMs: Int64 = 100

    /// - Parameter stop: Ends the thread and, as soon as a call is over, the errand that is under way.
    init(
        _ options: CoordinatorOptions, until stop: Signal,
        tell: @escaping @Sendable (CoordinatorEvent) -> Void
    ) throws(KafkaError) {
        self.options = options
        self.stop = stop
        self.tell = tell
        writer = try RecordWriter(options.kafka, until: stop)
        search = try MarkerSearch(options, until: stop)
    }

    func run(_ queue: ActionQueue<CoordinatorAction>) -> PlatformThread {
        PlatformThread("errands") { [self] in
            var hasSearched = false
            while !stop.isSet {
                let actions = queue.take(milliseconds: Self.idleMs)
                for action in actions where !stop.isSet {
                    perform(action)
                    if case .findMarkers = action { hasSearched = true }
                }
                guard actions.isEmpty else { continue }
                search.serveEvents()
                // A search takes as many shards as its reader's queue holds, and they are freed behind its back.
                guard hasSearched else { continue }
                hasSearched = false
                MemoryPolicy.returnFreedPages()
            }
            search.close()
        }
    }

    private func perform(_ action: CoordinatorAction) {
        switch action {
        case .findEnds(let errand):
            answer(errand) { () throws(KafkaError) in
                // Random, and seen by nobody before the announcement that holds it can be read.
                let token = ProcessFacts.randomName() + ProcessFacts.randomName()
                return .ends(try search.ends(), token: token, errand: errand)
            }
        case .findMarkers(let record, let errand):
            answer(errand) { () throws(KafkaError) in
                .markers(try search.find(record, from: record.scanFrom ?? []), errand: errand)
            }
        case .writeMarkers(let record, let partitions, let errand):
            answer(errand) { () throws(KafkaError) in
                if let marker = CutoverMarker(of: record) {
                    let offsets = try writer.write(partitions.map { markerRecord(marker, $0) })
                    for (partition, offset) in zip(partitions, offsets) {
                        search.wrote(partition, at: offset)
                    }
                }
                return .written(errand: errand)
            }
        case .write(let record, let errand):
            answer(errand) { () throws(KafkaError) in
                try writer.write(record, topics: options.topics)
                return .written(errand: errand)
            }
        case .checkTopic(let checkpoints, let errand):
            answer(errand) { () throws(KafkaError) in
                .topicChecked(anew: try search.isAnew(checkpoints), errand: errand)
            }
        case .writeMoves(let moves, let errand):
            answer(errand) { () throws(KafkaError) in
                _ = try writer.write(moves.map(moveRecord), isRepeatable: false)
                return .written(errand: errand)
            }
        default: preconditionFailure("the service gives the runner errands")
        }
    }

    private func answer(_ errand: Int, _ body: () throws(KafkaError) -> CoordinatorEvent) {
        do throws(KafkaError) {
            tell(try body())
        } catch {
            // Told to end: nobody waits for the answer, and another node takes its time.
            guard !stop.isSet else { return }
            if error.isRetriable { search.askAnother() }
            tell(.errandFailed(CallFailure(error), errand: errand))
        }
    }

    private func moveRecord(_ named: NamedMove) -> RecordWriter.Record {
        RecordWriter.Record(
            topic: options.topics.control,
            key: ControlKey.move(partition: named.move.partition, name: named.name).bytes,
            value: JSONRecord.encode(named.move))
    }

    private func markerRecord(_ marker: CutoverMarker, _ partition: Int32) -> RecordWriter.Record {
        RecordWriter.Record(
            topic: options.topics.shards, partition: partition,
            key: Array("marker/\(marker.number)".utf8), value: JSONRecord.encode(marker),
            headers: [(ShardTopicKind.header, Array(ShardTopicKind.marker.rawValue.utf8))])
    }
}
