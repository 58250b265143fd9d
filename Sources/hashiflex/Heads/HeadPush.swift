import ArgumentParser
import Artifacts
import ClassifierHead
import ControlPlane
import ImageDecoding
import Kafka
import PipelineMessages
import Threads

extension HeadCommand {
    /// `hashiflex head push`.
    struct Push: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Publish a head, have every worker verify it, and switch to it at declared offsets.",
            discussion: """
                All or nothing: if a worker refuses, is not ready by the deadline, or nobody decides by then, nothing \
                is switched anywhere. Ctrl-C ends the wait, not the request: see head abandon. FILE may also be \
                builtin:v1 or builtin:v2.
                """)

        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var cutover: CutoverOptions

        @Argument(help: "The head, a safetensors file.") var file: String
        @Option(
            name: .customLong("as"), help: "name@version. Default: the file's, or its name's next version.")
        var label: String?

        func validate() throws {
            if let label, HeadLabel(label) == nil {
                throw ValidationError("--as is name@version of [A-Za-z0-9._-], not '\(label)'")
            }
        }

        func run() throws {
            let interruption = Interruption.watched()
            let time = cutover.time
            interruption.end(atMs: time.endMs)
            try runCommand {
                let (head, bytes) = try HeadFile.read(file)
                let link = try connection.connect(
                    as: "head", withinMs: time.startLeftMs(nowMs: Clock.steadyMs), \.control)
                _ = try cutover.wantedPartitions(link)
                let live = try FrozenFleet.refuse(link, ignoring: cutover.ignore)
                try Self.compare(head, live, ignoring: cutover.ignore)
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
                try CutoverSession(cutover, link, view, interruption, time).run(manifest) { timeoutMs in
                    try RecordWriter(link.kafka).publish(
                        head: bytes, manifest: manifest, topics: link.topics, timeoutMs: timeoutMs)
                    Terminal.note(
                        "published \(label): \(head.classCount) classes, digest \(head.digest.short), "
                            + "\(Format.count(bytes.count)) bytes in \(manifest.chunks) chunks")
                }
            }
        }

        /// Refuses a head that was fitted on other pictures than the fleet's, before anything is published.
        private static func compare(
            _ head: ClassifierHead, _ live: [WorkerStatus], ignoring ignored: [String]
        ) throws {
            guard let text = head.preprocessing else { return }
            let refusal = FleetPreprocessing.refusal(
                "the head", StatedPreprocessing(text), live, ignoring: ignored
            ) {
                "nothing was published: fit the head again on this fleet's backbone"
            }
            if let refusal { throw CommandError(Exit.badInput, refusal) }
        }

        private func chosenLabel(_ head: ClassifierHead, _ view: ControlView) throws -> HeadLabel {
            if let chosen = label.flatMap({ HeadLabel($0) }) { return chosen }
            let version = head.version ?? view.nextVersion(of: head.name)
            guard let label = HeadLabel(name: head.name, version: version) else {
                throw CommandError(
                    Exit.badInput, "\(file) has no usable name; give one with --as name@version")
            }
            return label
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
