import Foundation
import HardenedBackbone
import TestSupport
import Testing

/// A backbone of 32x32 images and a tenth of the width, and two heads for it: an image costs a worker microseconds,
/// so that tests of the pipeline measure the pipeline.
final class QuickModel {
    private let folder: TemporaryFolder
    /// The head of eight classes, where wanted, and that of ten, as files.
    let heads: [String]
    /// The backbone, as a file.
    let path: String

    /// - Parameter tenClassesOnly: Whether to leave out the head of eight classes: a fit takes seconds.
    init(tenClassesOnly: Bool = false) throws {
        folder = try TemporaryFolder()
        path = folder.file("backbone.safetensors")
        try Data(SmallBackbone.make().encoded()).write(to: URL(fileURLWithPath: path))
        heads = try [("v1", "0-5,7,9"), ("v2", "0-9")].dropFirst(tenClassesOnly ? 1 : 0).map {
            [folder, path] version, labels in
            let head = folder.file("\(version).safetensors")
            let fit = try Program.run([
                "head", "fit", "--model", path, "--data", SampleTar.path, "--classes", "fashion-mnist",
                "--only", labels,
                "--name", "quick@\(version)", "-o", head,
            ])
            try #require(fit.code == 0, "\(fit.errors)")
            return head
        }
    }

    /// The backbone with the head of ten classes frozen into it, as a file.
    func frozen() throws -> String {
        let frozen = folder.file("frozen.safetensors")
        guard !FileManager.default.fileExists(atPath: frozen) else { return frozen }
        let outcome = try Program.run([
            "head", "freeze", heads[heads.count - 1], "--model", path, "-o", frozen,
        ])
        try #require(outcome.code == 0, "\(outcome.errors)")
        return frozen
    }

    /// The bytes of a file.
    func bytes(of path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }

    var workerArguments: [String] { ["--model", path] }
    var ingestArguments: [String] { ["--size", "32"] }
}
