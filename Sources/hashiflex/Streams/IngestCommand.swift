import ArgumentParser
import Foundation
import HardenedBackbone
import ImageDecoding
import Ingest
import Kafka
import PipelineMessages
import Synchronization
import Threads

/// `hashiflex ingest`.
struct IngestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ingest",
        abstract: "Turn images into shards: folders, WebDataset tars, IDX files, raw frames.",
        discussion: """
            SOURCE is a folder of JPEG/PNG, a .tar, an IDX file (plain or .gz), one image, or - for a tar or raw \
            frames on standard input. Several sources are several streams, read at once; NAME=SOURCE names one.

              hashiflex ingest ./images --labels labels.csv
              hashiflex ingest line-a=a.tar line-b=b.tar --fps 30
              ffmpeg -i cam.mp4 -f rawvideo -pix_fmt rgb24 - | hashiflex ingest - --raw 1280x720 --stream cam
            """)

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var tuning: IngestTuning
    @OptionGroup var preprocessing: PreprocessingOptions

    @Argument(help: "What to read: [NAME=]SOURCE. Default: the built-in sample.")
    var sources: [String] = []

    @Option(help: "Name of the stream, with one source. Default: the source's file name.")
    var stream: String?

    @Flag(help: "Read folders inside folders.") var recursive = false
    @Flag(help: "Keep watching a folder for new images until Ctrl-C.") var follow = false
    @Flag(help: "Take labels from the names of the folders that hold the images.") var labelsFromFolders =
        false
    @Option(help: "A CSV file of labels, name,label; for an IDX source its label file.") var labels: String?
    @Option(help: "Raw rgb24 frames on standard input, WIDTHxHEIGHT.") var raw: String?
    @Option(name: .customLong("repeat"), help: "Read every source this many times; ids get ~2, ~3, ...")
    var passes = 1
    @Flag(help: "Print the summary as JSON.") var json = false

    func validate() throws {
        try requireRange("--repeat", passes, in: OptionRange.positiveCount)
        if stream != nil, sources.count > 1 {
            throw ValidationError("--stream names one source; with several write NAME=SOURCE")
        }
        if raw != nil, try frameSize() == nil {
            throw ValidationError("--raw is WIDTHxHEIGHT, 1 to 32768 each, not '\(raw ?? "")'")
        }
        if raw != nil, sources != ["-"] {
            throw ValidationError("--raw reads standard input: give - as the source")
        }
    }

    func run() throws {
        let ending = IngestEnding()
        Signals.onTermination { ending.begin() }
        try runCommand {
            // Shards, positions, and one that asks about topics and the fleet.
            try OpenFiles.require(clients: 4, brokers: 1)
            let streams = try self.streams()
            let link = try connection.connect(
                as: "ingest", named: streams.count == 1 ? streams[0].name : nil, \.shards)
            try OpenFiles.require(clients: 4, brokers: link.cluster.brokers.count)
            try link.requireRights(of: .camera)
            let preparation = try preprocessing.preparation(size: tuning.size)
            var options = try tuning.options(link, preparation)
            if options.encoding != .files {
                options.tensorRefusal = FleetPreprocessing.refusal(of: preparation, link)
            }
            let ingest = IngestService(options, streams: streams, log: { Terminal.note($0) })
            ending.watch(ingest)
            let ended = Signal()
            let progress = watch(ingest, ended)
            defer {
                ended.set()
                progress.join()
            }
            let begin = Clock.steadyMs
            let summary: IngestSummary
            do {
                summary = try ingest.run()
            } catch let error as IngestStopped {
                ended.set()
                progress.join()
                ending.leave(Exit.late, saying: "\(error)")
            } catch let error as SourceError {
                throw CommandError(Exit.badInput, "\(error)")
            } catch let error as TensorRefusal {
                throw CommandError(Exit.badInput, "\(error)")
            }
            ended.set()
            progress.join()
            if ending.isAsked { Terminal.note("ingest: stopped; \(ingest.account)") }
            report(summary, seconds: Double(Clock.steadyMs - begin) / 1_000)
            for warning in summary.pictures.warnings(preparation.preprocessing) { Terminal.note(warning) }
            if summary.unreadable > 0 {
                throw CommandError(
                    Exit.badInput, "\(Format.count(summary.unreadable)) images could not be sent; see above")
            }
        }
    }

    private func streams() throws -> [IngestService.Stream] {
        let given = sources.isEmpty ? ["\(stream ?? "sample")=" + (try SampleFile.path())] : sources
        let streams = try given.map { text -> IngestService.Stream in
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            let isNamed = parts.count == 2 && !FileManager.default.fileExists(atPath: text)
            let path = isNamed ? parts[1] : text
            let fallback = path == "-" ? "stdin" : URL(fileURLWithPath: path).lastPathComponent
            let name = isNamed ? parts[0] : stream ?? fallback
            // No reader takes a shard of another name.
            guard (1...ShardLimits.nameBytesMax).contains(name.utf8.count),
                name.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
            else {
                throw CommandError(
                    ExitCode(64),
                    "a stream name has 1 to \(ShardLimits.nameBytesMax) bytes without control characters, not "
                        + "'\(Terminal.oneLine(RecordBounds.cut(name, bytes: 80)))': name it, NAME=SOURCE")
            }
            let options = try sourceOptions()
            let passes = passes
            return IngestService.Stream(name: name) { isStopped in
                if passes == 1 {
                    return try ImageSourceFactory.open(path, options: options, isStopped: isStopped)
                }
                return try RepeatingSource(passes: passes, isStopped: isStopped) { () throws(SourceError) in
                    try ImageSourceFactory.open(path, options: options, isStopped: isStopped)
                }
            }
        }
        // An image's id and a shard's sequence are unique within a stream.
        var names: Set<String> = []
        for stream in streams where !names.insert(stream.name).inserted {
            throw CommandError(
                ExitCode(64),
                "two sources are stream \(Terminal.oneLine(stream.name)): name them, NAME=SOURCE each")
        }
        return streams
    }

    private func sourceOptions() throws -> ImageSourceFactory.Options {
        var folder = DirectorySource.Options(recursive: recursive, follow: follow)
        if labelsFromFolders {
            folder.labels = .folders
        } else if let labels {
            folder.labels = .file(path: labels)
        }
        return ImageSourceFactory.Options(folder: folder, idxLabels: labels, rawFrames: try frameSize())
    }

    private func frameSize() throws -> ImageSourceFactory.Options.FrameSize? {
        guard let raw else { return nil }
        let sides = raw.split(separator: "x").map { Int($0) }
        guard sides.count == 2, let width = sides[0], let height = sides[1],
            (1...32_768).contains(width), (1...32_768).contains(height)
        else { return nil }
        return .init(width: width, height: height)
    }

    private func watch(_ ingest: IngestService, _ ended: Signal) -> PlatformThread {
        PlatformThread("progress") {
            var last: Int64 = 0
            while !ended.wait(milliseconds: Terminal.isInteractive ? 500 : 5_000) {
                let now = ingest.summary
                let line =
                    "ingest: \(Format.count(now.images)) images in \(Format.count(now.shards)) shards, "
                    + Format.megabytes(now.bytes)
                if Terminal.isInteractive {
                    Terminal.draw([line])
                } else if now.images != last {
                    Terminal.note(line)
                }
                last = now.images
            }
        }
    }

    private func report(_ summary: IngestSummary, seconds: Double) {
        if json { return Terminal.printJSON(summary) }
        Terminal.print(
            "\(Format.count(summary.images)) images in \(Format.count(summary.shards)) shards, "
                + "\(Format.megabytes(summary.bytes)), \(String(format: "%.1f", seconds)) s"
                + (summary.pacedMs > 0
                    ? ", \(String(format: "%.1f", Double(summary.pacedMs) / 1_000)) s of them waiting for the workers"
                    : ""))
    }
}
