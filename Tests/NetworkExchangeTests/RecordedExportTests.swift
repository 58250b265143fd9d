import Artifacts
import ClassifierHead
import Foundation
import HardenedBackbone
import NetworkExchange
import Testing

/// Exports of the built-in backbone against digests of what another writer, swift-protobuf, made of it.
@Suite struct RecordedExportTests {
    /// Digests and names such as `builtin-17-nhwc-exact-nohead.onnx`; `nil` where they are not at hand.
    private static let record: [(digest: String, name: String)]? = {
        let path = package.appendingPathComponent("../shared/data/cli/onnx-export-sha256.txt")
        guard let text = try? String(contentsOf: path, encoding: .utf8) else { return nil }
        return text.split(separator: "\n").map { line in
            let words = line.split(separator: " ")
            return (String(words.first ?? ""), String(words.last ?? ""))
        }
    }()

    private static let package = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private static func builtIn(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: package.appendingPathComponent("Sources/CEmbeddedModel/data/\(name)")))
    }

    @Test(.enabled(if: record != nil, "the recorded digests are not beside this checkout"))
    func everyOptionGivesTheRecordedBytes() throws {
        let artifact = try BackboneArtifact(decoding: try Self.builtIn("backbone.safetensors"))
        let head = try ClassifierHead(decoding: try Self.builtIn("head-v2.safetensors"))
        let record = try #require(Self.record)
        #expect(record.count == 21)
        for (digest, name) in record {
            let words = name.prefix { $0 != "." }.split(separator: "-").map { String($0) }
            var exporter = QDQExporter()
            exporter.opset = try #require(Int(words[1]))
            exporter.layout = try #require(QDQExporter.Layout(rawValue: words[2]))
            exporter.rounding = try #require(QDQExporter.Rounding(rawValue: words[3]))
            let bytes = try exporter.onnx(artifact: artifact, head: words.last == "nohead" ? nil : head)
            #expect(ContentDigest(of: bytes).hex == digest, "\(name)")
        }
    }
}
