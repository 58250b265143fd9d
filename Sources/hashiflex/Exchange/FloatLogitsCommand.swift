import ArgumentParser
import FloatNetwork
import Foundation
import HardenedBackbone
import NetworkExchange
import Synchronization
import Threads

/// `hashiflex float-logits`: the float network on raw images, for comparison with other engines.
struct FloatLogitsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "float-logits",
        abstract: "Run an imported float network on raw images; write its logits.",
        discussion: """
            Tests/Benchmarks/import/check_import.py compares them with ONNX Runtime's, check_tflite.py with \
            LiteRT's.
            """,
        shouldDisplay: false)

    @Argument(help: "The network, ONNX, Keras, TensorFlow Lite, safetensors or PyTorch checkpoint.")
    var network: String
    @Option(help: "Images one after another, [size, size, 3] bytes each, no header.") var images: String
    @Option(help: "Side of the image, where the file does not say.") var inputSize: Int?
    @Flag(help: "Write the pooled features instead.") var features = false
    @Option(name: .shortAndLong, help: "Where little-endian float32 go, one row an image.") var output: String

    func run() throws {
        try runCommand {
            let file = try InputFile.read(network, bytesMax: NetworkImporter.maximumFileByteCount)
            let imported: ImportedNetwork
            do throws(NetworkImportError) {
                imported = try NetworkImporter.network(
                    decoding: file, fileName: network,
                    options: ImportOptions(
                        inputSize: inputSize, companion: CompanionFile.reader(of: network),
                        hdf5: HDF5Process.tensors))
            } catch {
                throw CommandError(Exit.badInput, "\(network): \(error)")
            }
            let plan = FloatPlan(imported.network)
            guard features || plan.classCount > 0 else {
                throw CommandError(Exit.badInput, "\(network) has no final layer; pass --features")
            }
            let pixels = try InputFile.read(images)
            let size = plan.network.imageBytes
            guard !pixels.isEmpty, pixels.count.isMultiple(of: size) else {
                throw CommandError(Exit.badInput, "\(images) is not a multiple of \(size) bytes")
            }
            let rows = run(plan, pixels, count: pixels.count / size, isTurned: imported.isTurned)
            let data = rows.withUnsafeBytes { Array($0) }
            try InputFile.write(data, to: output)
            Terminal.note("\(imported.source): \(pixels.count / size) images")
        }
    }

    private func run(_ plan: FloatPlan, _ pixels: [UInt8], count: Int, isTurned: Bool) -> [Float] {
        let workers = min(ProcessFacts.processors, count)
        let share = (count + workers - 1) / workers
        let size = plan.network.imageBytes
        let parts = Mutex([Int: [Float]]())
        let threads = (0..<workers).map { worker in
            PlatformThread("float-\(worker)") {
                let evaluator = FloatEvaluator(plan)
                var rows: [Float] = []
                for index in worker * share..<min((worker + 1) * share, count) {
                    var image = Array(pixels[index * size..<(index + 1) * size])
                    if isTurned { turn(&image) }
                    let pooled = evaluator.features(ofImage: image)
                    rows += features ? pooled : evaluator.logits(ofFeatures: pooled) ?? []
                }
                let done = rows
                parts.withLock { $0[worker] = done }
            }
        }
        for thread in threads { thread.join() }
        let done = parts.withLock { $0 }
        return (0..<workers).flatMap { done[$0] ?? [] }
    }

    /// The image turned by 180 degrees: its pixels, last first.
    private func turn(_ image: inout [UInt8]) {
        image.reverse()
        for start in stride(from: 0, to: image.count, by: 3) { image.swapAt(start, start + 2) }
    }
}
