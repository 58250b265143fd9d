import ControlPlane
import Kafka
import PipelineMessages
import Synchronization
import Threads

/// Asks the shard topic: finds a cut-over's markers in the partitions, whoever wrote them, and where partitions end.
///
/// The first marker of the cut-over in each partition counts. So a second one, written by a coordinator that was thought
/// dead, changes nothing.
///
/// One reader serves as long as it is answered: a new one would have to learn the topic's leaders first, which takes librdkafka up
/// to a second. Where it is not, the node that it has its leaders from may be cut off from its peers, and another one is asked.
package final class MarkerSearch: Sendable {
    private let options: CoordinatorOptions
    private let stop: Signal
    private let made: Mutex<KafkaConsumer>
    private let turns = Mutex(NodeTurns())
    /// Where markers were acknowledged, and when.
    private let written = Mutex<[Int32: (offset: Int64, atMs: Int64)]>([:])
    /// What earlier attempts have read.
    private let memory = Mutex(MarkerMemory())
    private let admin: KafkaAdmin

    /// How long one partition's end is asked for, and how long a search goes on that hears of none, milliseconds.
    private static let (answerMs, silentMs): (Int32, Int64) = (5_000, 8_000)
    /// How long one attempt to search may take, milliseconds; the next one goes on where it was.
    private static let attemptMs: Int64 = 30_000
    /// For how long a node that does not show what was acknowledged counts as behind, milliseconds; then it may be lost.
    private static let behindMs: Int64 = 30_000
    /// How long a reader that is left may take to close, milliseconds.
    private static let closeMs: Int32 = 1_000

    /// Connects on first use.
    ///
    /// - Parameter stop: Ends what is asked and searched, once it is set: after the question that is under way.
    package init(_ options: CoordinatorOptions, until stop: Signal) throws(KafkaError) {
        self.options = options
        self.stop = stop
        admin = try KafkaAdmin(options.kafka)
        made = Mutex(try Self.make(options.kafka))
    }

    private var reader: KafkaConsumer { made.withLock { $0 } }

    private static func make(_ kafka: KafkaConfiguration) throws(KafkaError) -> KafkaConsumer {
        // Where retention has passed the place to begin at, the search begins with what is left.
        var consumerOptions = ConsumerOptions(offsetReset: .earliest, reportsPartitionEnd: true)
        consumerOptions.queueKilobytes = 16_384
        return try KafkaConsumer(kafka, groupID: nil, options: consumerOptions)
    }

    /// Ends the reading; it takes no longer than a second.
    package func close() { _ = reader.close(timeoutMs: Self.closeMs) }

    /// Takes what the reader has to say of its connections. Nobody reads by it between two cut-overs, and it would pile up.
    func serveEvents() {
        let reader = reader
        while reader.poll(timeoutMs: 0) != nil {}
    }

    private func requireGoingOn() throws(KafkaError) {
        guard stop.isSet else { return }
        throw KafkaError(
            code: KafkaError.Code.wrongState, doing: "the coordinator ends",
            detail: "topic \(options.topics.shards) is not searched to its end")
    }

    /// A marker was acknowledged there: who tells that the partition ends below is behind.
    func wrote(_ partition: Int32, at offset: Int64) {
        written.withLock { $0[partition] = (offset, Clock.steadyMs) }
    }

    private func requireCurrent(_ partition: Int32, end: Int64) throws(KafkaError) {
        guard let last = written.withLock({ $0[partition] }), end <= last.offset,
            Clock.steadyMs - last.atMs < Self.behindMs
        else { return }
        throw KafkaError(
            code: KafkaError.Code.timedOut,
            doing:
                "partition \(partition) is said to end at \(end), but offset \(last.offset) was acknowledged",
            detail: "the node that answers is behind, or cut off from its peers")
    }

    /// Goes on with a reader that asks another node for the leaders.
    func askAnother() {
        var turns = turns.withLock { $0 }
        guard let asking = turns.next(options.kafka), let new = try? Self.make(asking) else { return }
        self.turns.withLock { [turns] in $0 = turns }
        let old = made.withLock { made in
            defer { made = new }
            return made
        }
        old.close(timeoutMs: Self.closeMs)
    }

    /// The ends of all partitions that there are now: where a later search for markers begins.
    ///
    /// - Throws: ``/Kafka/KafkaError``; also when the coordinator ends.
    package func ends() throws(KafkaError) -> [PartitionOffset] {
        let count = try admin.partitionCount(of: options.topics.shards, timeoutMs: Self.answerMs)
        var ends: [PartitionOffset] = []
        for partition in 0..<Int32(clamping: count) {
            try requireGoingOn()
            let high = try reader.watermarks(topicPartition(partition), timeoutMs: Self.answerMs).high
            ends.append(PartitionOffset(partition: partition, offset: high))
        }
        return ends
    }

    /// Partitions whose topic is another one than the one that the checkpoint is of: the first record that was appended behind
    /// the checkpoint's time lies below its offset.
    func isAnew(_ checkpoints: [PositionCheckpoint]) throws(KafkaError) -> [Int32] {
        var anew: [Int32] = []
        for checkpoint in checkpoints {
            try requireGoingOn()
            let first = try reader.offset(
                of: topicPartition(checkpoint.partition),
                notBeforeMs: checkpoint.atMs + PositionCheckpoint.clockSlackMs, timeoutMs: Self.answerMs)
            if let first, first < checkpoint.offset { anew.append(checkpoint.partition) }
        }
        return anew
    }

    /// Reads each partition from `start`, or from where the last attempt was, to its end; returns the first marker of the cut-over
    /// in each.
    ///
    /// - Throws: ``/Kafka/KafkaError``; also when all others have one and of some it can not be known, since a transaction in them
    ///   is open, and when there is more to read than fits into one attempt: the next one goes on there.
    func find(
        _ record: CutoverRecord, from start: [PartitionOffset]
    ) throws(KafkaError) -> [PartitionOffset] {
        let reader = reader
        defer { try? reader.unassign() }
        let marker = CutoverMarker(of: record)
        let from = memory.withLock { $0.begin(marker, from: start) }
        var progress = MarkerProgress(from.map(\.partition), nowMs: Clock.steadyMs)
        var found: [PartitionOffset] = []
        var ends = PassedEnds()
        try reader.assign(from.map { (topicPartition($0.partition), .offset($0.offset)) })
        let deadline = Clock.steadyMs + Self.attemptMs
        var heardMs = Clock.steadyMs
        search: while Clock.steadyMs < deadline, Clock.steadyMs - heardMs < Self.silentMs {
            switch progress.step(nowMs: Clock.steadyMs) {
            case .read: break
            case .end: break search
            case .held(let held):
                throw KafkaError(
                    code: KafkaError.Code.timedOut,
                    doing: "a transaction is open in partitions \(held) of \(options.topics.shards)",
                    detail: "whether the markers stand behind it can not be seen before it ends; see doctor")
            }
            try requireGoingOn()
            switch reader.poll(timeoutMs: 200) {
            case .message(let message):
                heardMs = Clock.steadyMs
                progress.heard(message.partition)
                // Behind what was taken for its end nothing is looked at.
                guard progress.wants(message.partition) else { continue }
                let place = message.topicPartition
                let isPassed = ends.pass(
                    place, offset: message.offset, steadyMs: Clock.steadyMs, reader.knownEnd)
                guard isMarker(message, marker) else {
                    memory.withLock { $0.read(message.partition, to: message.offset + 1) }
                    if isPassed {
                        // Where cameras write without a pause the library tells no end. A marker that comes later is found the next time.
                        let end = message.offset + 1
                        try requireCurrent(place.partition, end: max(end, reader.knownEnd(of: place) ?? 0))
                        progress.ended(place.partition, at: end, known: nil)
                    }
                    continue
                }
                found.append(PartitionOffset(partition: message.partition, offset: message.offset))
                memory.withLock { $0.found(message.partition, at: message.offset) }
                progress.found(message.partition)
            case .partitionEnd(let place, let end):
                heardMs = Clock.steadyMs
                let known = reader.knownEnd(of: place)
                try requireCurrent(place.partition, end: max(end, known ?? 0))
                if progress.wants(place.partition) {
                    memory.withLock { $0.read(place.partition, to: end) }
                }
                progress.ended(place.partition, at: end, known: known)
            case .error(let error):
                if error.isFatal { throw error }
            case .assigned, .revoked, nil: break
            }
        }
        guard progress.step(nowMs: Clock.steadyMs) == .end else {
            throw KafkaError(
                code: KafkaError.Code.timedOut,
                doing: "partitions \(progress.open.sorted()) could not be searched to their ends",
                detail: "the next attempt goes on where this one was")
        }
        memory.withLock { $0.finished() }
        return found.sorted { $0.partition < $1.partition }
    }

    private func isMarker(_ message: KafkaMessage, _ wanted: CutoverMarker?) -> Bool {
        guard message.header(ShardTopicKind.header) == Array(ShardTopicKind.marker.rawValue.utf8),
            let marker = try? JSONRecord.decode(CutoverMarker.self, from: message.payload)
        else { return false }
        // Anyone may write one that bears the request's name.
        return marker == wanted
    }

    private func topicPartition(_ partition: Int32) -> TopicPartition {
        TopicPartition(topic: options.topics.shards, partition: partition)
    }
}
