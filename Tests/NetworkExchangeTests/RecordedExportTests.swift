import Artifacts
import ClassifierHead
import Foundation
import HardenedBackbone
import NetworkExchange
import Testing

/// Exports against digests of what another writer, swift-protobuf, made of the same networks.
///
/// That writer left zeros out, also of attributes, which some engines then refuse. Ours writes them; without
/// them the files are those of before, byte for byte.
@Suite struct RecordedExportTests {
    /// From the model to the integers of attributes: graph, nodes, attributes, `i`.
    private static let integers: ArraySlice<UInt64> = [7, 1, 5, 3]

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

    /// The digest of `export` without the zeros of attributes, of which there are `zeros`.
    private func digestWithoutZeros(_ export: [UInt8], zeros: Int) throws -> String {
        var found = 0
        let bytes = try WireField.rewriting(export, at: Self.integers) { payload in
            guard payload == [0] else { return payload }
            found += 1
            return nil
        }
        #expect(found == zeros)
        return ContentDigest(of: bytes).hex
    }

    @Test(.enabled(if: record != nil, "the recorded digests are not beside this checkout"))
    func everyOptionGivesTheRecordedBytesButForZeros() throws {
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
            try expectValues(ofEveryAttributeIn: bytes)
            #expect(try digestWithoutZeros(bytes, zeros: 2 * 52 + 1) == digest, "\(name)")
        }
    }

    @Test func theTinyExportIsTheRecordedOneButForZeros() throws {
        let artifact = try BackboneArtifact(decoding: Fixture.bytes("tiny.safetensors"))
        let head = try ClassifierHead(decoding: Fixture.bytes("tiny_head.safetensors"))
        let bytes = try QDQExporter().onnx(artifact: artifact, head: head)
        try expectValues(ofEveryAttributeIn: bytes)
        let digest = try digestWithoutZeros(bytes, zeros: 2 * 52 + 1)
        #expect(digest == "2bc237f547cb35c069869946007a0ce3e2006f0a691b4228bcc21dbe49e135de")
    }

    /// What OpenCV, TVM and tinygrad ask for: the field of the kind that the attribute's `type` states.
    private func expectValues(ofEveryAttributeIn export: [UInt8]) throws {
        var attributes: [[UInt8]] = []
        _ = try WireField.rewriting(export, at: Self.integers.dropLast()) { attribute in
            attributes.append(attribute)
            return attribute
        }
        var kinds: [UInt8: Int] = [:]
        for attribute in attributes {
            let fields = try WireField.fields(of: attribute)
            let kind = try #require(fields.first { $0.number == 20 }?.payload.first)
            // An integer is field 3, a list of them field 8.
            let values = fields.filter { $0.number == (kind == 2 ? 3 : 8) }
            #expect(values.count == 1 && values.first?.payload.isEmpty == false, "\(attribute)")
            kinds[kind, default: 0] += 1
        }
        // 52 convolutions have four lists and one integer each.
        #expect(kinds[7, default: 0] >= 4 * 52 && kinds[2, default: 0] >= 52 && kinds.count == 2)
    }
}
