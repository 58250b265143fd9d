import ArgumentParser
import Artifacts
import ControlPlane
import Cutover
import Kafka
import PipelineMessages
import Threads

extension HeadCommand {
    /// `hashiflex head rollback`.
    struct Rollback: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Switch back to an earlier head, by the same protocol.")

        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var cutover: CutoverOptions
        @Option(help: "The head to return to, name@version. Default: the one before the current.")
        var to: String?

        func validate() throws {
            if let to, HeadLabel(to) == nil {
                throw ValidationError("--to is name@version, not '\(to)'")
            }
        }

        func run() throws {
            let interruption = Interruption.watched()
            let time = cutover.time
            interruption.end(atMs: time.endMs)
            try runCommand {
                let link = try connection.connect(
                    as: "head", withinMs: time.startLeftMs(nowMs: Clock.steadyMs), \.control)
                _ = try cutover.wantedPartitions(link)
                try FrozenFleet.refuse(link, ignoring: cutover.ignore)
                let view = try ControlView(link)
                let manifest = try chosen(view)
                let file = try view.file(of: manifest.head)
                try CutoverSession(cutover, link, view, interruption, time).run(manifest) { timeoutMs in
                    // A head that an aborted cut-over made workers drop is published again; harmless otherwise.
                    guard let file else { return }
                    if link.isEmbedded { try view.checkRoom(for: file.count) }
                    try RecordWriter(link.kafka).publish(
                        head: file, manifest: manifest, topics: link.topics, timeoutMs: timeoutMs)
                }
            }
        }

        private func chosen(_ view: ControlView) throws -> HeadManifest {
            if let label = to.flatMap({ HeadLabel($0) }) {
                guard let manifest = view.manifest(label) else {
                    throw CommandError(Exit.badInput, "\(label) was never published; see head list")
                }
                return manifest
            }
            let slot = cutover.slot
            guard let earlier = view.log.predecessor(slot),
                let manifest = view.log.manifests[earlier.head]
            else {
                throw CommandError(Exit.badInput, "\(slot) has no earlier head to return to; see head list")
            }
            return manifest
        }
    }
}
