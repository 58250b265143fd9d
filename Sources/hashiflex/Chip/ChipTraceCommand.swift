import ArgumentParser
import ChipModel
import Kafka
import PipelineMessages
import Threads

/// `hashiflex chip trace`.
struct ChipTraceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace",
        abstract: "Record when images arrive at the live fleet, for `chip simulate --arrivals`.",
        discussion: """
            Reads the shards beside the workers and changes nothing. All images of a shard arrive at its record's \
            time, in whole milliseconds. Records what comes from now on, until --images or --seconds are reached \
            or Ctrl-C; with --stored, what the topic still holds.
            """)

    @OptionGroup var connection: ConnectionOptions
    @Option(name: .shortAndLong, help: "The trace, a CSV file.") var output: String
    @Option(help: "End after this many images.") var images = 100_000
    @Option(help: "End after this many seconds.") var seconds = 60.0
    @Flag(help: "Record what the topic holds, and end at its end.") var stored = false

    func validate() throws {
        try requireRange("--images", images, in: ArrivalTrace.countRange)
        try requireRange("--seconds", seconds, in: 0.1...86_400)
    }

    func run() throws {
        let stop = Signal()
        Signals.onTermination { stop.set() }
        try runCommand {
            let link = try connection.connect()
            let recorder = try ArrivalRecorder(link, fromBeginning: stored)
            var recording = ArrivalRecording(limit: images)
            let endMs = Clock.steadyMs + Int64(seconds * 1_000)
            while !stop.isSet, !recording.isFull, Clock.steadyMs < endMs {
                try recorder.step(&recording, timeoutMs: 100)
                if stored, recorder.isAtEnd { break }
            }
            let trace = try trace(of: recording)
            let comment =
                "recorded from \(recording.records) shards of topic \(link.topics.shards), record times in whole "
                + "milliseconds, \(skipped(recording))"
            try InputFile.write(trace.encoded(comment: comment), to: output)
            Terminal.print(
                "\(Format.count(trace.nanoseconds.count)) arrivals of \(Format.count(recording.records)) shards, "
                    + "\(Format.rate(trace.rate)) images/s: \(output); \(skipped(recording))")
            if recording.cut > 0 {
                Terminal.print("\(Format.count(recording.cut)) images of the last shard are beyond --images")
            }
        }
    }

    private func trace(of recording: ArrivalRecording) throws -> ArrivalTrace {
        do throws(ArrivalTraceError) {
            return try recording.trace()
        } catch {
            if recording.records > 0 { throw CommandError(Exit.badInput, "the arrivals: \(error)") }
            throw CommandError(
                Exit.late,
                "no image arrived (\(skipped(recording))); start an ingest, wait longer with --seconds, or take "
                    + "what was stored with --stored")
        }
    }

    /// What was passed over, every kind with its number.
    private func skipped(_ recording: ArrivalRecording) -> String {
        let names: [(ArrivalRecording.Skip, String)] = [
            (.marker, "head markers"), (.unreadable, "unreadable records"),
            (.untimed, "records without a time"),
        ]
        return "skipped "
            + names.map { "\(Format.count(recording.skipped[$0.0] ?? 0)) \($0.1)" }.joined(separator: ", ")
    }
}

/// Reads the shard topic beside the workers, all partitions, outside of their group.
final class ArrivalRecorder {
    private let consumer: KafkaConsumer
    private let partitions: Int
    private var ended: Set<Int32> = []

    init(_ link: Connection, fromBeginning: Bool) throws {
        partitions = try link.partitions
        var options = ConsumerOptions(offsetReset: .latest, reportsPartitionEnd: true)
        options.queueKilobytes = 65_536
        consumer = try KafkaConsumer(
            link.kafka, groupID: "\(link.topics.prefix).arrival-readers", options: options)
        try consumer.assign(
            (0..<Int32(partitions)).map {
                (
                    TopicPartition(topic: link.topics.shards, partition: $0),
                    fromBeginning ? .beginning : .end
                )
            })
    }

    deinit { _ = consumer.close() }

    /// Whether every partition's end was reached since its last record.
    var isAtEnd: Bool { ended.count == partitions }

    /// Takes the next record, if one comes within `timeoutMs`.
    func step(_ recording: inout ArrivalRecording, timeoutMs: Int32) throws {
        switch consumer.poll(timeoutMs: timeoutMs) {
        case .message(let message):
            ended.remove(message.partition)
            guard message.header(ShardTopicKind.header) != Array(ShardTopicKind.marker.rawValue.utf8) else {
                return recording.skip(.marker)
            }
            let count = message.withPayload { try? ShardCodec.imageCount($0) }
            guard let count else { return recording.skip(.unreadable) }
            recording.add(images: count, milliseconds: message.timestampMs)
        case .partitionEnd(let partition, _): ended.insert(partition.partition)
        case .error(let error) where error.isFatal: throw error
        case .error, .assigned, .revoked, nil: break
        }
    }
}
