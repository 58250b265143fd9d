import ArgumentParser
import Foundation
import HardenedBackbone

/// `hashiflex feature-bytes`: the integer engine on raw images, for comparison with other engines.
struct FeatureBytesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "feature-bytes",
        abstract: "Run a hardened backbone on raw images; write its feature bytes.",
        discussion: "Tests/Benchmarks/import/check_qdq.py compares them with other engines' on the export.",
        shouldDisplay: false)

    @OptionGroup var model: ModelOptions
    @Option(help: "Images one after another, [size, size, 3] bytes each, no header.") var images: String
    @Option(name: .shortAndLong, help: "Where the bytes go, one row an image.") var output: String

    func run() throws {
        try runCommand {
            let plan = try model.plan()
            let replica = BackboneReplica(plan)
            let pixels = try InputFile.read(images)
            let size = plan.network.imageBytes
            guard !pixels.isEmpty, pixels.count.isMultiple(of: size) else {
                throw CommandError(Exit.badInput, "\(images) is not a multiple of \(size) bytes")
            }
            var rows: [UInt8] = []
            for start in stride(from: 0, to: pixels.count, by: size) {
                rows += replica.features(of: Array(pixels[start..<start + size]))
            }
            try InputFile.write(rows, to: output)
            Terminal.note("\(pixels.count / size) images")
        }
    }
}
