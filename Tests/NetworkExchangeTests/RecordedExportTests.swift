import Artifacts
import ClassifierHead
import Foundation
import HardenedBackbone
import NetworkExchange
import Testing

/// Exports against digests of what another writer, swift-protobuf, made of the same networks.
///
/// That writer left zeros out, also of attributes, and packed every list, which some engines then refuse; and the head read
/// codes in a scale of its own, which an importer took for the features'. With that undone, by code of the tests' own, the
/// files are those of before, byte for byte.
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

    /// The digest of `export` without the zeros of attributes, of which there are `zeros`, packed and with the head of old.
    private func digestAsOfOld(_ export: [UInt8], zeros: Int, poolScale: Float) throws -> String {
        var found = 0
        var bytes = try WireField.rewriting(export, at: Self.integers) { payload in
            guard payload == [0] else { return payload }
            found += 1
            return nil
        }
        #expect(found == zeros)
        bytes = try WireField.rewriting(bytes, at: Self.integers.dropLast()) {
            try packed($0, number: 8)
        }
        bytes = try WireField.rewriting(bytes, at: [7, 1]) { node in
            var fields = try WireField.fields(of: node)
            let isOfHead = fields.contains {
                $0.number == 3 && $0.payload.starts(with: Array("head.".utf8))
            }
            for index in fields.indices where isOfHead && fields[index].payload == Array("pool.scale".utf8) {
                fields[index].payload = Array("head.one".utf8)
            }
            return WireField.message(fields)
        }
        bytes = try WireField.rewriting(bytes, at: [7, 5]) { tensor in
            var fields = try WireField.fields(of: try packed(tensor, number: 1))
            guard fields.contains(where: { $0.payload == Array("head.scale".utf8) }) else {
                return WireField.message(fields)
            }
            for index in fields.indices where fields[index].number == 9 {
                let bits = fields[index].payload.reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
                let scale = Float(bitPattern: bits) * poolScale
                fields[index].payload = withUnsafeBytes(of: scale.bitPattern.littleEndian) { Array($0) }
            }
            return WireField.message(fields)
        }
        return ContentDigest(of: bytes).hex
    }

    /// A message whose repeated field `number` stands in one run.
    private func packed(_ message: [UInt8], number: UInt64) throws -> [UInt8] {
        var fields = try WireField.fields(of: message)
        let values = fields.filter { $0.number == number }
        guard let first = fields.firstIndex(where: { $0.number == number }) else { return message }
        fields.removeAll { $0.number == number }
        fields.insert(WireField(number: number, type: 2, payload: values.flatMap(\.payload)), at: first)
        return WireField.message(fields)
    }

    /// `2^(p - a)`: what a code of the features is worth in sums over the last layer.
    private func poolScale(_ artifact: BackboneArtifact) -> Float {
        let exponent = Int(artifact.activationExponents[artifact.activationExponents.count - 1])
        return Float(sign: .plus, exponent: Int(artifact.poolShift) - exponent, significand: 1)
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
            let found = try digestAsOfOld(bytes, zeros: 2 * 52 + 1, poolScale: poolScale(artifact))
            #expect(found == digest, "\(name)")
        }
    }

    @Test func theTinyExportIsTheRecordedOneButForZeros() throws {
        let artifact = try BackboneArtifact(decoding: Fixture.bytes("tiny.safetensors"))
        let head = try ClassifierHead(decoding: Fixture.bytes("tiny_head.safetensors"))
        var exporter = QDQExporter()
        exporter.opset = 17
        let bytes = try exporter.onnx(artifact: artifact, head: head)
        try expectValues(ofEveryAttributeIn: bytes)
        let digest = try digestAsOfOld(bytes, zeros: 2 * 52 + 1, poolScale: poolScale(artifact))
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
            #expect(!values.isEmpty && values.allSatisfy { !$0.payload.isEmpty }, "\(attribute)")
            // A list stands number by number, for readers that know no other form.
            #expect(values.allSatisfy { $0.type == 0 }, "\(attribute)")
            kinds[kind, default: 0] += 1
        }
        // 52 convolutions have four lists and one integer each.
        #expect(kinds[7, default: 0] >= 4 * 52 && kinds[2, default: 0] >= 52 && kinds.count == 2)
    }
}
