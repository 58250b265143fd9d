import ArgumentParser
import Artifacts
import Cutover
import Foundation
import PipelineMessages
import Threads

/// `hashiflex predictions`.
struct PredictionsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predictions", abstract: "Print predictions: JSON lines or CSV.",
        discussion:
            "After a crash a prediction may come twice, with the same bytes; --distinct prints it once.")

    enum Layout: String, ExpressibleByArgument, CaseIterable { case json, csv }

    @OptionGroup var connection: ConnectionOptions
    @Flag(help: "Keep waiting for more until Ctrl-C.") var follow = false
    @Option(help: "json or csv.") var format: Layout = .json
    @Option(help: "Only this stream.") var stream: String?
    @Option(help: "End after this many; 0 for no limit.") var limit = 0
    @Flag(help: "Leave out repetitions; remembers about 16 bytes an image.") var distinct = false

    func validate() throws { try requireRange("--limit", limit, in: OptionRange.count) }

    func run() throws {
        let stop = Signal()
        Signals.onTermination { stop.set() }
        try runCommand {
            let reader = try PredictionReader(
                try connection.connect(as: "predictions", until: stop, \.predictions))
            if format == .csv { Terminal.print(Self.csvHeader) }
            // Whatever a repetition holds, it is one.
            let any = ContentDigest(of: [])
            var seen = ImageDigests()
            var printed = 0
            let lines = LineLimiter(linesPerPeriod: 20) { Terminal.complain(Terminal.oneLine($0)) }
            defer { lines.settle() }
            while !stop.isSet, follow || !reader.hasSeenEnd, limit == 0 || printed < limit {
                if follow, let count = try reader.takeAdded() {
                    Terminal.note("predictions: partitions were added; \(count) are read")
                }
                switch try reader.next(timeoutMs: 100) {
                case .idle: continue
                case .unreadable(let problem): lines.say(problem, kind: "unreadable")
                case .record(let prediction, let bytes):
                    if let stream, prediction.stream != stream { continue }
                    if distinct, seen.take(prediction.address, any) != .first { continue }
                    printed += 1
                    switch format {
                    case .json: Terminal.printJSON(text: Self.json(prediction, bytes))
                    case .csv: Terminal.print(Self.csv(prediction))
                    }
                }
            }
            if !stop.isSet, reader.hasSeenEnd { reader.sayHeldBack() }
            guard !stop.isSet || follow || reader.hasSeenEnd || limit > 0 && printed >= limit else {
                throw CommandError(
                    Exit.late,
                    "told to stop before the end of the topic; \(Format.count(printed)) were printed")
            }
        }
    }

    /// What stands in the topic. Anyone may write it in another encoding than UTF-8, or with a mark before it: then what was
    /// read of it.
    private static func json(_ prediction: Prediction, _ bytes: [UInt8]) -> String {
        let isPlain = bytes.first != 0xEF && !bytes.contains(0)
        return String(decoding: isPlain ? bytes : prediction.json, as: UTF8.self)
    }

    private static let csvHeader =
        "address,stream,sequence,id,label,class,name,logit,head,cutover,backbone,logits_digest,error"

    /// Escaped; thirteen fields of quotation marks fit into a line, which is cut itself where it is too long.
    private static let fieldBytesMax = 300

    private static func csv(_ prediction: Prediction) -> String {
        let best = prediction.top.first
        let fields: [String] = [
            prediction.address.description, prediction.stream, "\(prediction.sequence)", prediction.id,
            prediction.label.map(String.init) ?? "", best.map { "\($0.index)" } ?? "", best?.name ?? "",
            best.map { "\($0.logit)" } ?? "", prediction.headName?.description ?? "",
            prediction.cutover.map(String.init) ?? "", prediction.backbone.hex,
            prediction.logitsDigest?.hex ?? "", prediction.error ?? "",
        ]
        // Escaped before it is cut: what is printed must not be cut again, in the middle of a quotation.
        return fields.map {
            quoted(RecordBounds.cut(Terminal.escaped(Terminal.oneLine($0)), bytes: fieldBytesMax))
        }.joined(separator: ",")
    }

    private static func quoted(_ field: String) -> String {
        guard field.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return field }
        return "\"" + field.replacing("\"", with: "\"\"") + "\""
    }
}
