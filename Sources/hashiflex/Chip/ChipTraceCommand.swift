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
            let link = try connection.connect(as: "chip", until: stop, \.shards)
            let recorder = try ArrivalRecorder(link, fromBeginning: stored)
            var recording = ArrivalRecording(limit: images)
            let endMs = Clock.steadyMs + Int64(seconds * 1_000)
            while !stop.isSet, !recording.isFull, Clock.steadyMs < endMs {
                try recorder.step(&recording, timeoutMs: 100)
                if stored, recorder.hasSeenEnd { break }
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
