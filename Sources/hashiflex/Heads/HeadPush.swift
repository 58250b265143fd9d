import ArgumentParser
import Artifacts
import ClassifierHead
import ControlPlane
import Cutover
import Foundation
import ImageDecoding
import Kafka
import PipelineMessages
import Threads

/// What `head push` and `head rollback` have in common: ask for a cut-over and watch it.
struct CutoverOptions: ParsableArguments {
    @Option(help: "Switch only this stream. Default: every stream without a head of its own.")
    var stream: String?

    @Option(help: "Switch only these partitions, for example 0,3,7: a canary. Default: all.")
    var partitions: String?

    @Option(help: "Workers that must be ready: all, or a number.")
    var require = "all"

    @Option(help: "How long workers have to get ready, seconds.")
    var deadline = 30.0

    @Flag(help: "Ask and return, without waiting for the outcome.")
    var noWait = false

    @Flag(help: "Print the outcome as JSON.")
    var json = false

    func validate() throws {
        try requireRange("--deadline", deadline, in: 0.001...3_600)
        guard require == "all" || (Int(require) ?? 0) >= 1 else {
            throw ValidationError("--require is 'all' or a number of workers, not '\(require)'")
        }
    }

    /// Asks for a cut-over to a published head and waits for its end.
    func run(_ manifest: HeadManifest, _ link: Connection, _ view: ControlView) throws {
        let begin = Clock.steadyMs
        let writer = try RecordWriter(link.kafka)
        var request = CutoverRecord(
            request: ProcessFacts.randomName(), slot: stream.map { .stream($0) } ?? .standard,
            head: manifest.head, label: manifest.label, quorum: Int(require),
            deadlineMs: Int64(deadline * 1_000), requestedAtMs: Clock.wallMs)
        request.partitions = try wantedPartitions(count: try link.partitions)
        try writer.write(request, topics: link.topics)
        if noWait {
            Terminal.print(json ? JSONRecord.text(request) : "cut-over \(request.request) requested")
            return
        }
        try watch(request, view, begin)
    }

    private func wantedPartitions(count: Int) throws -> [Int32]? {
        guard let partitions else { return nil }
        let numbers = partitions.split(separator: ",").map { Int32($0) }
        guard !numbers.isEmpty, numbers.allSatisfy({ $0.map { (0..<Int32(count)).contains($0) } == true })
        else {
            throw CommandError(
                ExitCode(64),
                "--partitions names partitions 0 to \(count - 1), separated by commas, not '\(partitions)'")
        }
        return Array(Set(numbers.compactMap { $0 })).sorted()
    }

    private func watch(_ request: CutoverRecord, _ view: ControlView, _ begin: Int64) throws {
        // The coordinator keeps the deadline; this only bounds the wait for one that is not there.
        let patience = Clock.steadyMs + Int64(deadline * 1_000) + 30_000
        while Clock.steadyMs < patience {
            view.take(timeoutMs: 100)
            guard let record = view.log.cutovers[request.request] else { continue }
            switch record.state {
            case .requested, .committing: continue
            case .aborted:
                if json { Terminal.print(JSONRecord.text(record)) }
                let reasons = (record.reasons ?? ["no reason given"]).joined(separator: "\n  ")
                throw CommandError(
                    Exit.refused, "\(record.label) was not switched on anywhere:\n  \(reasons)")
            case .committed:
                let offsets = record.offsets ?? []
                if json {
                    Terminal.print(JSONRecord.text(record))
                } else {
                    let text = offsets.map { "p\($0.partition)@\($0.offset)" }.joined(separator: " ")
                    Terminal.print(
                        "\(record.label) in force for \(record.slot) from \(text) "
                            + "(\(Clock.steadyMs - begin) ms from request to commit, measured)")
                }
                return
            }
        }
        throw CommandError(
            Exit.late,
            "no outcome yet: is `hashiflex coordinator` running? The request stands; see head status")
    }
}

extension HeadCommand {
    /// `hashiflex head push`.
    struct Push: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Publish a head, have every worker verify it, and switch to it at declared offsets.",
            discussion: """
                All or nothing: if a worker refuses, or is not ready by the deadline, nothing is switched anywhere. \
                FILE may also be builtin:v1 or builtin:v2.
                """)

        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var cutover: CutoverOptions

        @Argument(help: "The head, a safetensors file.") var file: String
        @Option(
            name: .customLong("as"), help: "name@version. Default: the file's, or its name's next version.")
        var label: String?

        func run() throws {
            try runCommand {
                let (head, bytes) = try HeadFile.read(file)
                let link = try connection.connect()
                try FrozenFleet.refuse(link)
                try Self.compare(head, link)
                let view = try ControlView(link)
                let label = try chosenLabel(head, view)
                if let known = view.manifest(label), known.head != head.digest {
                    throw CommandError(
                        Exit.refused,
                        "\(label) is already another head (\(known.head.short)); choose another version with --as"
                    )
                }
                if link.isEmbedded { try view.checkRoom(for: bytes.count) }
                let manifest = HeadManifest(
                    file: bytes, head: head.digest, label: label, backbone: head.backboneDigest,
                    classes: head.classCount, publishedAtMs: Clock.wallMs)
                try RecordWriter(link.kafka).publish(head: bytes, manifest: manifest, topics: link.topics)
                Terminal.note(
                    "published \(label): \(head.classCount) classes, digest \(head.digest.short), "
                        + "\(Format.count(bytes.count)) bytes in \(manifest.chunks) chunks")
                try cutover.run(manifest, link, view)
            }
        }

        /// Refuses a head that was fitted on other pictures than the fleet's, before anything is published.
        private static func compare(_ head: ClassifierHead, _ link: Connection) throws {
            guard let text = head.preprocessing else { return }
            let refusal = FleetPreprocessing.refusal("the head", StatedPreprocessing(text), link) {
                "nothing was published: fit the head again on this fleet's backbone"
            }
            if let refusal { throw CommandError(Exit.badInput, refusal) }
        }

        private func chosenLabel(_ head: ClassifierHead, _ view: ControlView) throws -> HeadLabel {
            if let label {
                guard let chosen = HeadLabel(label) else {
                    throw CommandError(ExitCode(64), "--as is name@version of [A-Za-z0-9._-], not '\(label)'")
                }
                return chosen
            }
            let version = head.version ?? view.nextVersion(of: head.name)
            guard let label = HeadLabel(name: head.name, version: version) else {
                throw CommandError(
                    Exit.badInput, "\(file) has no usable name; give one with --as name@version")
            }
            return label
        }
    }

    /// `hashiflex head rollback`.
    struct Rollback: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Switch back to an earlier head, by the same protocol.")

        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var cutover: CutoverOptions
        @Option(help: "The head to return to, name@version. Default: the one before the current.")
        var to: String?

        func run() throws {
            try runCommand {
                let link = try connection.connect()
                try FrozenFleet.refuse(link)
                let view = try ControlView(link)
                let manifest = try chosen(view)
                // A head that an aborted cut-over made workers drop is published again; harmless otherwise.
                if let file = view.files[manifest.head] {
                    if link.isEmbedded { try view.checkRoom(for: file.count) }
                    try RecordWriter(link.kafka).publish(head: file, manifest: manifest, topics: link.topics)
                }
                try cutover.run(manifest, link, view)
            }
        }

        private func chosen(_ view: ControlView) throws -> HeadManifest {
            if let to {
                guard let label = HeadLabel(to) else {
                    throw CommandError(ExitCode(64), "--to is name@version, not '\(to)'")
                }
                guard let manifest = view.manifest(label) else {
                    throw CommandError(Exit.badInput, "\(label) was never published; see head list")
                }
                return manifest
            }
            let slot: HeadSlot = cutover.stream.map { .stream($0) } ?? .standard
            let history = view.log.committed.filter { $0.slot == slot }
            guard let current = history.last,
                let earlier = history.last(where: { $0.head != current.head }),
                let manifest = view.log.manifests[earlier.head]
            else {
                throw CommandError(Exit.badInput, "\(slot) has no earlier head to return to; see head list")
            }
            return manifest
        }
    }
}

/// Reads heads named on the command line.
enum HeadFile {
    static func read(_ file: String) throws -> (ClassifierHead, [UInt8]) {
        do {
            switch file {
            case "builtin:v1":
                let head = try EmbeddedModel.headV1()
                return (head, head.encoded())
            case "builtin:v2":
                let head = try EmbeddedModel.headV2()
                return (head, head.encoded())
            default:
                let bytes = try InputFile.read(file, bytesMax: HeadManifest.fileBytesMax)
                return (try ClassifierHead(decoding: bytes), bytes)
            }
        } catch let error as HeadError {
            throw CommandError(Exit.badInput, "\(file): \(error)")
        }
    }
}
