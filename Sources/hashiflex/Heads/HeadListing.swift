import ArgumentParser
import Artifacts
import Cutover
import Foundation
import PipelineMessages
import Threads

extension HeadCommand {
    /// `hashiflex head list`.
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the published heads.")

        @OptionGroup var connection: ConnectionOptions
        @Flag(help: "Print JSON, one head a line.") var json = false

        func run() throws {
            try runCommand {
                let view = try ControlView(try connection.connect(as: "head", \.control))
                let heads = view.log.labels.values.sorted { $0.publishedAtMs < $1.publishedAtMs }
                if json { return heads.forEach { Terminal.printJSON($0) } }
                let places = HeadPlaces(view.log.headsAtTheEnd)
                var rows = [["HEAD", "CLASSES", "DIGEST", "BACKBONE", "BYTES", "IN FORCE FOR"]]
                for head in heads {
                    let slots = places.slots(of: head)
                    rows.append([
                        head.label.description, "\(head.classes)", head.head.short, head.backbone.short,
                        Format.count(head.bytes),
                        slots.isEmpty ? "-" : Terminal.oneLine(slots.joined(separator: ",")),
                    ])
                }
                Format.table(rows).forEach { Terminal.print($0) }
            }
        }
    }

    /// `hashiflex head status`.
    struct Status: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the cut-overs: where each stands, and its offsets.")

        @OptionGroup var connection: ConnectionOptions
        @Flag(help: "Keep watching until Ctrl-C.") var watch = false
        @Flag(help: "Print JSON, one cut-over a line.") var json = false

        func run() throws {
            let stop = Signal()
            Signals.onTermination { stop.set() }
            try runCommand {
                let view = try ControlView(try connection.connect(as: "head", until: stop, \.control))
                var shown: [String: CutoverRecord] = [:]
                repeat {
                    for record in view.log.cutovers.values.sorted(by: { ($0.number ?? 0) < ($1.number ?? 0) })
                    where shown[record.request] != record {
                        shown[record.request] = record
                        show(record)
                    }
                    if watch { try view.take(timeoutMs: 200) }
                } while watch && !stop.isSet
            }
        }

        private func show(_ record: CutoverRecord) {
            if json { return Terminal.printJSON(record) }
            let places = record.places
            let reasons = record.shownReasons
            let ignored = record.ignore ?? []
            let added = record.restates.map { ", for added partitions, as #\($0)" } ?? ""
            Terminal.print(
                Terminal.oneLine(
                    "#\(record.number ?? -1) \(record.label) for \(record.slot): \(record.state.rawValue)"
                        + (record.state == .requested ? ", request \(record.request)" : "")
                        + (places.isEmpty ? "" : " at " + places)
                        + added
                        + (ignored.isEmpty ? "" : ", ignoring " + ignored.joined(separator: ", "))
                        + (reasons.isEmpty ? "" : " (" + reasons.joined(separator: "; ") + ")")))
        }
    }

    /// `hashiflex head export`.
    struct Export: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write a published or built-in head to a file.")

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "name@version, builtin:v1 or builtin:v2.") var head: String
        @Option(name: .shortAndLong, help: "The file to write.") var output: String

        func run() throws {
            try runCommand {
                if head.hasPrefix("builtin:") {
                    return try InputFile.write(try HeadFile.read(head).1, to: output)
                }
                let view = try ControlView(try connection.connect(as: "head", \.control))
                guard let label = HeadLabel(head), let manifest = view.manifest(label),
                    let file = try view.file(of: manifest.head)
                else { throw CommandError(Exit.badInput, "\(head) was never published; see head list") }
                try InputFile.write(file, to: output)
            }
        }
    }
}
