import ArgumentParser
import Artifacts
import ClassifierHead
import Evaluation
import Foundation
import HardenedBackbone
import HardenedModel
import PipelineMessages

extension HeadCommand {
    /// `hashiflex head freeze`.
    struct Freeze: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Harden a head into the backbone: the same logits, and no other head ever after.",
            discussion: """
                Writes a model that goes wherever --model is taken and scores with its own head, without a push. \
                Its digest covers the head, so predictions that name it can be of no other. A head push, rollback \
                or fit for it is refused; the open backbone stays as it was. In hardware every weight becomes the \
                shifted adds of its signed digits, and the multipliers and weight memory of the NPU go.
                """)

        @OptionGroup var model: ModelOptions
        @Argument(help: "The head: a safetensors file, builtin:v1 or builtin:v2.") var head: String
        @Option(name: .customLong("as"), help: "name@version. Default: the head's own.") var label: String?
        @Option(name: .shortAndLong, help: "The file to write.") var output: String
        @Flag(help: "Print JSON.") var json = false

        /// What was written.
        struct Facts: Codable {
            let output: String
            let digest: String
            let openDigest: String
            let head: String
            let headDigest: String
            let classes: Int
            let weights: Int
            let shiftedAdds: Int
        }

        func run() throws {
            try runCommand {
                try requireOtherOutput()
                let open = try model.load()
                try open.requireOpen(model.name)
                let frozen = try freeze(try named(try HeadFile.read(head).0), into: open)
                try InputFile.write(frozen.encoded(), to: output)
                try report(frozen)
            }
        }

        /// The frozen model, compared with the head and backbone that it was made of before anything is written.
        private func freeze(_ head: ClassifierHead, into open: HardenedModel) throws -> HardenedModel {
            try open.check(head, self.head)
            let frozen = try HardenedModel(freezing: head, into: open.backbone)
            let read = try HardenedModel(decoding: frozen.encoded())
            let network = open.backbone.network
            let images = (0..<4).map { ProbeImages.image($0, network: network) }
            let plan = try model.plan(of: read.backbone)
            guard read == frozen, read.backbone == open.backbone, read.frozenHead == head,
                HeadExactness.difference(head, plan: plan, images: images) == nil
            else { throw CommandError(Exit.fault, "the frozen model does not read back as its parts") }
            return frozen
        }

        private func named(_ head: ClassifierHead) throws -> ClassifierHead {
            guard let label else { return head }
            guard let chosen = HeadLabel(label) else {
                throw CommandError(ExitCode(64), "--as is name@version of [A-Za-z0-9._-], not '\(label)'")
            }
            return try head.relabelled(name: chosen.name, version: chosen.version)
        }

        private func requireOtherOutput() throws {
            func place(_ path: String) -> String {
                URL(fileURLWithPath: path).resolvingSymlinksInPath().standardizedFileURL.path
            }
            for input in [model.model, head].compactMap({ $0 }) where place(input) == place(output) {
                throw CommandError(ExitCode(64), "\(output) is an input as well; name another --output")
            }
        }

        private func report(_ frozen: HardenedModel) throws {
            guard let head = frozen.frozenHead else { return }
            let facts = Facts(
                output: output, digest: frozen.digest.hex, openDigest: frozen.backbone.digest.hex,
                head: head.title, headDigest: head.digest.hex, classes: head.classCount,
                weights: head.weights.count, shiftedAdds: head.signedDigitCount)
            if json { return Terminal.printJSON(facts) }
            Terminal.print("\(output): \(frozen.digest)")
            Terminal.print(
                "head \(facts.head) (\(head.digest.short)), \(facts.classes) classes, is frozen into backbone "
                    + frozen.backbone.digest.short)
            Terminal.print(
                "\(Format.count(facts.weights)) weights are \(Format.count(facts.shiftedAdds)) shifted adds an "
                    + "image (computed)")
        }
    }
}
