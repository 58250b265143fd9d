import ArgumentParser
import Artifacts
import ClassifierHead
import Foundation
import HardenedBackbone
import HardenedModel
import Ingest
import Kafka
import PipelineMessages
import Synchronization
import Threads

/// `hashiflex demo`: the whole pipeline on one machine, with a head pushed while images flow.
struct DemoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Run the whole pipeline here: broker, coordinator, workers, a stream, a head push.",
        discussion: """
            Streams built-in Fashion-MNIST test images through an embedded broker to worker processes, first with a \
            head that knows eight of the ten classes, then, from a declared offset in every partition, with one that \
            knows all ten. Fails if an image is lost or doubled, or a stamp disagrees with the cut-over.
            """)

    @Option(help: "Images to stream.") var images = 8_000
    @Option(help: "Images a second of the stream, at most.") var fps = 800.0
    @Option(help: "Worker processes.") var workers = 2
    @Option(help: "Partitions.") var partitions = 16
    @OptionGroup var tuning: WorkerTuning
    @Flag(help: "Print the summary as JSON.") var json = false

    func validate() throws {
        guard (2_000...1_000_000).contains(images) else {
            throw ValidationError("--images is 2000 to 1000000: fewer are over before the second head comes")
        }
        try requireRange("--fps", fps, in: OptionRange.fps)
        try requireRange("--workers", workers, in: 1...64)
        try requireRange("--partitions", partitions, in: OptionRange.embeddedPartitions)
    }

    func run() throws {
        let interrupted = Signal()
        Signals.onTermination { interrupted.set() }
        try runCommand {
            let model = try tuning.model.load()
            // The demo is about switching heads: a model that can not is refused before anything starts.
            try model.requireOpen(tuning.model.name)
            let artifact = model.backbone
            Terminal.note("backbone \(artifact.digest.short): \(artifact.description)")
            Terminal.note("starting a broker, a coordinator and \(workers) workers")
            let deployment = try LocalDeployment(
                partitions: partitions, workers: workers, tuning: tuning, quiet: true)
            defer { deployment.stop() }
            try deployment.waitForWorkers(workers, seconds: 60, until: interrupted)
            let report = try stream(deployment, interrupted)
            if json {
                Terminal.printJSON(report)
            } else {
                report.lines.forEach { Terminal.print($0) }
            }
            guard report.failures.isEmpty else { throw Exit.mismatch }
        }
    }

    private func stream(_ deployment: LocalDeployment, _ interrupted: Signal) throws -> DemoReport {
        let link = deployment.link
        let begin = Clock.steadyMs
        try push("builtin:v1", as: "fashion@v1", link, until: interrupted)
        let ingest = try startIngest(link)
        let watch = DemoWatch(target: images)
        let reader = try watch.run(link)
        defer {
            watch.stop()
            reader.join()
            ingest.service.requestStop()
            ingest.thread.join()
        }
        var pushed = false
        var lastCount = 0
        var movedAtMs = Clock.steadyMs
        while true {
            let seen = watch.distinct
            if seen != lastCount { (lastCount, movedAtMs) = (seen, Clock.steadyMs) }
            show(watch, ingest.service, link, seconds: Double(Clock.steadyMs - begin) / 1_000)
            if !pushed, seen >= images * 2 / 5 {
                pushed = true
                try push("builtin:v2", as: "fashion@v2", link, until: interrupted)
            }
            if let error = ingest.failure { throw error }
            if ingest.isDone, seen >= Int(ingest.service.summary.images) { break }
            guard !interrupted.isSet else { throw CommandError(Exit.late, "interrupted") }
            guard Clock.steadyMs - movedAtMs < 60_000 else { break }  // lost: the report says what
            usleep(Terminal.isInteractive ? 200_000 : 500_000)
        }
        Terminal.settle()
        // Late repetitions, if any, and the ledger's last words.
        usleep(1_500_000)
        deployment.fleet.terminate()
        _ = deployment.fleet.wait(seconds: 45)
        usleep(1_500_000)
        watch.stop()
        reader.join()
        return try DemoReport(
            link: link, wanted: Int64(images), ingested: ingest.service.summary.images,
            records: watch.records,
            unreadable: watch.unreadable, seconds: Double(watch.lastAtMs - watch.firstAtMs) / 1_000,
            backbone: try tuning.model.backbone().description,
            classNames: try EmbeddedModel.headV2().classNames)
    }

    private func startIngest(_ link: Connection) throws -> DemoIngest {
        var options = IngestOptions(
            kafka: link.kafka, topics: link.topics,
            preparation: try tuning.model.backbone().preparation())
        // A short backlog: the stream is still running when the second head comes.
        options.recordBytesMax = 65_536
        options.backlogBytesMax = 65_536
        options.imagesMax = images
        options.shardImages = 8
        options.fps = fps
        let path = try SampleFile.path()
        let stream = IngestService.Stream(name: "fashion") { isStopped in
            try RepeatingSource(passes: nil, isStopped: isStopped) { () throws(SourceError) in
                try ImageSourceFactory.open(path, isStopped: isStopped)
            }
        }
        return DemoIngest(IngestService(options, streams: [stream], log: { Terminal.note($0) }))
    }

    /// Pushes a head as a user would: with the command, in a process of its own.
    private func push(
        _ file: String, as label: String, _ link: Connection, until stop: Signal
    ) throws {
        Terminal.note("pushing head \(label)")
        let child = try ChildProcess(["head", "push", file, "--as", label, "--brokers", link.kafka.brokers])
        let deadline = Clock.steadyMs + 70_000
        while !child.wait(seconds: 0.1), !stop.isSet, Clock.steadyMs < deadline {}
        guard !stop.isSet else {
            child.terminate()
            throw CommandError(Exit.late, "interrupted")
        }
        guard !child.isRunning, child.exitStatus == 0 else {
            throw CommandError(Exit.mismatch, "head push \(label) failed; see above")
        }
    }

    private func show(_ watch: DemoWatch, _ ingest: IngestService, _ link: Connection, seconds: Double) {
        let seen = watch.distinct
        let line =
            "\(Format.count(Int(ingest.summary.images))) images sent, \(Format.count(seen)) predicted, "
            + "\(Format.rate(watch.recentRate)) images/s, head \(watch.lastHead ?? "-")"
        guard Terminal.isInteractive else {
            if watch.isTimeForALine { Terminal.note(line) }
            return
        }
        let width = 40
        let filled = min(width, seen * width / max(1, images))
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled)
        Terminal.draw(["[\(bar)] \(String(format: "%5.1f s", seconds))", line])
    }
}

/// The demo's ingest on a thread of its own.
private final class DemoIngest: Sendable {
    let service: IngestService
    let thread: PlatformThread
    private let outcome = Outcome()

    private final class Outcome: Sendable {
        let error = Mutex<(any Error)?>(nil)
        let done = Signal()
    }

    init(_ service: IngestService) {
        self.service = service
        thread = PlatformThread("ingest") { [outcome] in
            do { _ = try service.run() } catch { outcome.error.withLock { $0 = error } }
            outcome.done.set()
        }
    }

    var isDone: Bool { outcome.done.isSet }
    var failure: (any Error)? { outcome.error.withLock { $0 } }
}
