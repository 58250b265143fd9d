import ArgumentParser
import Foundation
import ImageDecoding
import Ingest
import PipelineMessages

/// `hashiflex preprocess`.
struct PreprocessCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "preprocess",
        abstract: "Write the tensors that a source's pictures become, as a NumPy file.",
        discussion: """
            The bytes that ingest, worker, harden, head fit and evaluate see: [images, size, size, 3], unsigned, in \
            the order of the source. For a look at them, or to score them with another engine.

              hashiflex preprocess ./photos --preprocess torchvision -o tensors.npy
              hashiflex preprocess test.tar --preprocess backbone.safetensors -o tensors.npy --index rows.csv
            """)

    @OptionGroup var preprocessing: PreprocessingOptions
    @Argument(help: "Pictures: folders, WebDataset tars, IDX files, single images.") var sources: [String] =
        []
    @Option(
        help: ArgumentHelp(
            "Side of the tensors, pixels.",
            discussion:
                "Default: what --preprocess names says; else 224 for a preset, the built-in model's without.")
    )
    var size: Int?
    @Option(help: "Most images. Default: all.") var images: Int?
    @Option(name: .shortAndLong, help: "The .npy file to write.") var output: String
    @Option(help: "A CSV file to write: id and label of each row.") var index: String?
    @Flag(help: "Print JSON.") var json = false

    /// What was written.
    struct Facts: Encodable {
        let output: String
        let images: Int
        let size: Int
        let preprocessing: String
        let leftOut: Int
    }

    func validate() throws {
        try requireRange("--size", size, in: 1...ShardLimits.sideMax)
        try requireRange("--images", images, in: OptionRange.positiveCount)
        guard !sources.isEmpty else { throw ValidationError("name a source of pictures") }
        let written = [output, index].compactMap { $0 }
        let read = sources + [preprocessing.preprocess].compactMap { $0 }
        let meets = written.contains { path in read.contains { InputFile.isSame($0, path) } }
        guard !meets, written.count < 2 || !InputFile.isSame(written[0], written[1]) else {
            throw ValidationError(
                "--output and --index are files of their own, not what is read; name others")
        }
    }

    func run() throws {
        try runCommand {
            let preparation = try preprocessing.preparation(size: size)
            let file = try TensorFile(output, size: preparation.size)
            var rows = "id,label\n"
            var pictures = PictureTally()
            var scratch = ResizeScratch()
            var tensor = [UInt8](repeating: 0, count: preparation.byteCount)
            var leftOut = 0
            let most = images ?? .max
            for path in sources {
                var source = try ImageSourceFactory.open(path)
                while file.count < most, let outcome = try source.next() {
                    switch outcome {
                    case .unreadable(let id, let reason): leaveOut("\(path): \(id): \(reason)", &leftOut)
                    case .image(let image):
                        do throws(ImageDecodingError) {
                            let pixels = try preparation.pixels(of: image)
                            pictures.add(image)
                            tensor.withUnsafeMutableBufferPointer {
                                preparation.prepare(pixels, into: $0, scratch: &scratch)
                            }
                        } catch {
                            leaveOut("\(path): \(image.id): \(error)", &leftOut)
                            continue
                        }
                        try file.append(tensor)
                        rows += Self.quoted(image.id) + "," + (image.label.map { "\($0)" } ?? "") + "\n"
                    }
                }
            }
            guard file.count > 0 else { throw CommandError(Exit.badInput, "no pictures were read") }
            try file.close()
            if let index { try InputFile.write(Array(rows.utf8), to: index) }
            report(preparation, file.count, leftOut)
            for warning in pictures.warnings(preparation.preprocessing) { Terminal.note(warning) }
            if leftOut > 0 {
                throw CommandError(Exit.badInput, "\(leftOut) pictures were left out; see above")
            }
        }
    }

    private func leaveOut(_ problem: String, _ count: inout Int) {
        count += 1
        Terminal.complain(problem)
    }

    private func report(_ preparation: TensorPreparation, _ count: Int, _ leftOut: Int) {
        let facts = Facts(
            output: output, images: count, size: preparation.size, preprocessing: preparation.identity,
            leftOut: leftOut)
        if json { return Terminal.printJSON(facts) }
        Terminal.print(
            "\(output): \(Format.count(count)) tensors of \(preparation.size)x\(preparation.size)x3 bytes")
        Terminal.print("preprocessing \(preparation.identity)")
    }

    /// A field of a CSV file.
    private static func quoted(_ text: String) -> String {
        guard text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return text }
        return "\"" + text.replacingOccurrences(of: "\"", with: "\"\"") + "\""
    }
}

extension PictureTally {
    /// Looks at a source's image.
    mutating func add(_ image: SourceImage) {
        switch image.content {
        case .encoded(let file, _): add(file: file)
        case .pixels(let pixels): add(PixelSize(width: pixels.width, height: pixels.height))
        }
    }
}
