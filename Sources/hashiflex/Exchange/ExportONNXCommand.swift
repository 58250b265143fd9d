import ArgumentParser
import Artifacts
import ClassifierHead
import Foundation
import HardenedBackbone
import HardenedModel
import NetworkExchange
import PipelineMessages

/// `hashiflex export-onnx`.
struct ExportONNXCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export-onnx",
        abstract: "Write a hardened backbone as ONNX, so that other engines run the same integers.",
        discussion: """
            The graph holds the very same int8 weights and int32 biases behind DequantizeLinear, and \
            QuantizeLinear where the datapath shifts, rounds and saturates. Input 'image' is raw bytes, no \
            preprocessing; outputs are 'features' (bytes) and, with a head, 'logits'.

            With --rounding exact (the default) an engine whose float sums are exact gives the same feature \
            bytes: ONNX Runtime, OpenVINO, tract, IREE, TVM and eight more do. With --rounding engine it may \
            use its int8 kernels, which round ties to even; that is one code at a tie, and up to 32 in the \
            features, as layers add it up (measured).

            Leave the weights int8: ONNX Runtime rounds them anew for whole layers if a tool has folded \
            them to float. OpenVINO needs INFERENCE_PRECISION_HINT=f32 on processors with bfloat16. OpenCV \
            4 takes a byte less 128, as int8, and gives features less 128; it takes bytes too, wrongly. ONNX \
            Runtime before 1.16 needs --opset 17.
            """)

    @Argument(help: "The hardened backbone, a safetensors file. Default: the built-in one and its head.")
    var model: String?
    @Option(help: "A head fitted on this backbone, a safetensors file.") var head: String?
    @Flag(help: "Features only.") var noHead = false
    @Option(help: "Version of ONNX's operators, 13 to 21.") var opset = 19
    @Option(help: "Order of the input's dimensions: nhwc or nchw.") var layout = QDQExporter.Layout.nhwc
    @Option(help: "What decides ties: exact or engine.") var rounding = QDQExporter.Rounding.exact
    @Option(name: .shortAndLong, help: "The file to write.") var output: String
    @Flag(help: "Print JSON.") var json = false

    struct Facts: Codable {
        let output: String
        let bytes: Int
        let backboneDigest: String
        let headDigest: String?
        let opset: Int
        let layout: String
        let rounding: String
        let channels: Int
        let channelsProvenExact: Int
    }

    func validate() throws {
        guard QDQExporter.opsets.contains(opset) else {
            throw ValidationError("--opset is one of \(QDQExporter.opsets), not \(opset)")
        }
        guard !(noHead && head != nil) else {
            throw ValidationError("--head and --no-head exclude each other")
        }
    }

    func run() throws {
        try runCommand {
            for input in [model, head].compactMap({ $0 }) where InputFile.isSame(input, output) {
                throw CommandError(ExitCode(64), "\(input) would be overwritten; give --output another name")
            }
            var options = ModelOptions()
            options.model = model
            options.isa = nil
            let hardened = try options.load()
            let artifact = hardened.backbone
            let head = try wantedHead(hardened)
            var exporter = QDQExporter()
            (exporter.layout, exporter.rounding, exporter.opset) = (layout, rounding, opset)
            let bytes = try exporter.onnx(artifact: artifact, head: head)
            try InputFile.write(bytes, to: output)
            let exactness = QDQExporter.provenExactChannels(artifact)
            let facts = Facts(
                output: output, bytes: bytes.count, backboneDigest: artifact.digest.hex,
                headDigest: head?.digest.hex, opset: opset, layout: layout.rawValue,
                rounding: rounding.rawValue, channels: exactness.all, channelsProvenExact: exactness.proven)
            if json { return Terminal.printJSON(facts) }
            Terminal.print(
                "\(output): \(Format.megabytes(Int64(bytes.count))), opset \(opset), \(layout.rawValue), "
                    + (head.map { "\($0.classCount) classes" } ?? "no head"))
            Terminal.print(
                "float sums are exact for every input in \(Format.count(exactness.proven)) of "
                    + "\(Format.count(exactness.all)) channels (proven), rounding \(rounding.rawValue)")
        }
    }

    private func wantedHead(_ hardened: HardenedModel) throws -> ClassifierHead? {
        if noHead { return nil }
        guard let head else {
            return try hardened.frozenHead ?? (model == nil ? EmbeddedModel.headV2() : nil)
        }
        do {
            let read = try ClassifierHead(decoding: try InputFile.read(head))
            if hardened.frozenHead != nil { try hardened.check(read, head) }
            return read
        } catch let error as HeadError {
            throw CommandError(Exit.badInput, "\(head): \(error)")
        }
    }
}

extension QDQExporter.Layout: ExpressibleByArgument {}
extension QDQExporter.Rounding: ExpressibleByArgument {}
