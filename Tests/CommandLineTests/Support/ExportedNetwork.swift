import Foundation
import Testing

/// Exports of real networks of width 0.1 for 32x32 images, and images to calibrate on.
struct ExportedNetwork {
    /// From `torch.onnx.export`, batch normalisation folded, four classes.
    static let onnx = file("torchvision_folded.onnx")
    /// torchvision's weights with batch normalisation, five classes with names.
    static let safetensors = file("torchvision.safetensors")

    /// A network of timm's from `torch.onnx.export` by dynamo.
    static let timm = file("timm_dynamo.onnx")

    /// Files of the test, and room for more.
    let folder: TemporaryFolder
    /// A folder of sixteen images.
    let images: String

    init() throws {
        folder = try TemporaryFolder()
        images = folder.file("images")
        try Self.writeImages(16, to: images)
    }

    private static func file(_ name: String) -> String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("NetworkExchangeTests/Golden/\(name)").path
    }

    /// Takes the first `count` images out of the sample, without their labels.
    static func writeImages(_ count: Int, to folder: String) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let names = (0..<count).map { "t10k/" + String(format: "%06d", $0) + ".png" }
        let outcome = try Program.run(
            ["-C", folder, "--strip-components=1", "-xf", SampleTar.path] + names, executable: "/usr/bin/tar")
        try #require(outcome.code == 0, "tar: \(outcome.errors)")
    }

    /// Hardens `network`; the backbone is `name`, its head beside it.
    func harden(_ network: String = onnx, to name: String, _ more: [String] = []) throws -> Program.Outcome {
        try Program.run(["harden", network, "--calibration", images, "-o", folder.file(name)] + more)
    }

    /// Writes `bytes` into a file of the test.
    func write(_ bytes: [UInt8], to name: String) throws -> String {
        let path = folder.file(name)
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return path
    }

    /// The bytes of a file of the test, or of any other by its path.
    func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: name.hasPrefix("/") ? name : folder.file(name))))
    }
}

extension Array where Element == UInt8 {
    /// Where `pattern` begins.
    func positions(of pattern: [UInt8]) -> [Int] {
        guard count >= pattern.count else { return [] }
        return (0...count - pattern.count).filter {
            self[$0] == pattern[0] && self[$0..<$0 + pattern.count].elementsEqual(pattern)
        }
    }

    /// With the bytes from `position` on replaced.
    func overwritten(at position: Int, with bytes: [UInt8]) -> [UInt8] {
        var changed = self
        changed.replaceSubrange(position..<position + bytes.count, with: bytes)
        return changed
    }
}
