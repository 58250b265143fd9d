import ArgumentParser
import Artifacts
import FloatNetwork
import Foundation
import HardenedBackbone
import ImageDecoding
import NetworkExchange
import PipelineMessages

/// `hashiflex import`.
struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Write any MobileNetV2 that harden reads as one plain safetensors file.",
        discussion: """
            The file has torchvision's names, float32, batch normalisation folded into weights and biases, and \
            states input size, colours, padding, preprocessing and class names, so that harden, \
            evaluate --against and training/ need not be told them. It gives the same network to the bit.

              hashiflex import mobilenet.tflite --preprocess keras -o float.safetensors
            """)

    @OptionGroup var preprocessing: PreprocessingOptions
    @Argument(help: "The network, .onnx, .tflite, .safetensors, .pth, .keras or .h5.") var network: String
    @Option(name: .shortAndLong, help: "The safetensors file to write.") var output: String
    @Option(help: "Input size in pixels, where the file does not say.") var inputSize: Int?
    @Option(help: "Mean of red, green, blue in 0...1. Default: the file's, else ImageNet's.") var mean:
        String?
    @Option(help: "Spread of red, green, blue. Default: the file's, else ImageNet's.") var std: String?
    @Option(help: "Class names in label order, separated by commas. Default: what the file says.")
    var classes: String?
    @Flag(help: "Print JSON.") var json = false

    /// What was written.
    struct Facts: Codable {
        let output: String
        let bytes: Int
        let source: String
        let inputSize: Int
        let widthPercent: Int
        let classes: Int?
        let padding: String
        let mean: [Float]
        let std: [Float]
        let preprocessing: String
    }

    func run() throws {
        try runCommand {
            guard !InputFile.isSame(network, output) else {
                throw CommandError(ExitCode(64), "the network and --output are two files; give another name")
            }
            let read = try HardenInput.read(
                network, inputSize: inputSize, normalization: try HardenInput.colours(mean: mean, std: std))
            guard case .float = read else {
                throw CommandError(
                    Exit.badInput, "\(network) holds integers that training found; give them to harden")
            }
            let (input, stated, reason) = try HardenPreprocessing(preprocessing, network: network).choose(
                read)
            guard case .float(var imported) = input else { return }
            if let names = classes?.split(separator: ",", omittingEmptySubsequences: false).map(String.init) {
                try HardenInput.requireNames(names, for: input)
                imported = imported.named(names)
            }
            let file = FloatNetworkFile.file(of: imported, preprocessing: stated.text)
            let bytes = file.encoded()
            try InputFile.write(bytes, to: output)
            report(read.source, imported, file, bytes.count, stated.text, reason)
        }
    }

    private func report(
        _ source: String, _ imported: ImportedNetwork, _ file: SafetensorsFile, _ count: Int, _ text: String,
        _ reason: String
    ) {
        let network = imported.network
        let facts = Facts(
            output: output, bytes: count, source: source, inputSize: network.network.inputSize,
            widthPercent: network.network.widthPercent, classes: network.classifier?.bias.count,
            padding: file.metadata["padding"] ?? "", mean: network.normalization.mean,
            std: network.normalization.standardDeviation, preprocessing: text)
        if json { return Terminal.printJSON(facts) }
        Terminal.print("\(output): \(source)")
        Terminal.print(
            "\(Format.megabytes(Int64(count))), \(facts.classes.map { $0 == 1 ? "1 class" : "\($0) classes" } ?? "no final layer"), "
                + "pads as \(facts.padding == "pytorch" ? "PyTorch" : "TensorFlow") does")
        Terminal.print("preprocessing \(text) (\(reason))")
    }
}
