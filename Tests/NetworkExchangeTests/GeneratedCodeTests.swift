import Foundation
import Testing

/// The checked-in C is what `protoc-c` makes of `onnx.proto`.
@Suite struct GeneratedCodeTests {
    private static let generator = ["/usr/bin", "/usr/local/bin"].map { "\($0)/protoc-c" }
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    private static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Sources/COnnx")

    @Test(.enabled(if: generator != nil, "protoc-c is not installed (Debian: protobuf-c-compiler)"))
    func theGeneratorMakesTheSameCode() throws {
        let output = FileManager.default.temporaryDirectory
            .appendingPathComponent("protoc-c-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: output, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: output) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(Self.generator))
        process.arguments = ["--c_out=\(output.path)", "onnx.proto"]
        process.currentDirectoryURL = Self.folder
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        for (made, kept) in [("onnx.pb-c.c", "onnx.pb-c.c"), ("onnx.pb-c.h", "include/onnx.pb-c.h")] {
            let made = try lines(output.appendingPathComponent(made))
            let kept = try lines(Self.folder.appendingPathComponent(kept))
            #expect(made.count > 400 && made == kept)
        }
    }

    /// The lines of a file, but for the version of the generator that a header states.
    private func lines(_ file: URL) throws -> [String] {
        let lines = try String(contentsOf: file, encoding: .utf8).components(separatedBy: "\n")
        return lines.map { line in
            let words = line.split(separator: " ")
            guard words.first == "#elif", words.last == "PROTOBUF_C_MIN_COMPILER_VERSION" else { return line }
            return "#elif VERSION < PROTOBUF_C_MIN_COMPILER_VERSION"
        }
    }
}
