import FloatNetwork
import NetworkExchange
import Synchronization
import Testing
import TestSupport

/// Weights in a file beside the model, as PyTorch writes them.
@Suite struct CompanionFileTests {
    private let network: FloatNetwork
    private let writer: GraphWriter

    init() throws {
        var draws = SeededRandom(seed: 61)
        network = try draws.network(widthPercent: 10, classes: 3)
        writer = Self.writer(network, "model.onnx.data")
    }

    private static func writer(_ network: FloatNetwork, _ name: String) -> GraphWriter {
        var writer = GraphWriter()
        writer.companionName = name
        writer.build(network)
        return writer
    }

    private func options(_ bytes: [UInt8]) -> ImportOptions {
        ImportOptions(companion: { name, byteCountMax throws(NetworkImportError) in
            guard name == "model.onnx.data", bytes.count <= byteCountMax else {
                throw .companionFile(name: name, reason: "absent")
            }
            return bytes
        })
    }

    @Test func weightsOfTheFileBesideAreRead() throws {
        try expectNetwork(network, in: writer.bytes(), options: options(writer.companion))
        // Bytes behind the last tensor are nobody's.
        try expectNetwork(network, in: writer.bytes(), options: options(writer.companion + [1, 2, 3]))
    }

    @Test func theFileIsReadOnce() throws {
        let count = Mutex(0)
        let bytes = writer.companion
        let options = ImportOptions(companion: { _, _ throws(NetworkImportError) in
            count.withLock { $0 += 1 }
            return bytes
        })
        try expectNetwork(network, in: writer.bytes(), options: options)
        #expect(count.withLock { $0 } == 1)
    }

    @Test func withoutAFolderTheTensorIsNamed() {
        #expect(importError(writer.bytes()) == .externalData(tensor: "stem.w"))
    }

    @Test func aFileThatIsMissingIsNamed() {
        let other = Self.writer(network, "other.bin")
        #expect(
            importError(other.bytes(), options([]))
                == .companionFile(name: "other.bin", reason: "absent"))
    }

    @Test(arguments: [
        "/etc/hostname", "../model.onnx.data", "a/../../b", "a//b", "", "a/..", "..\\b", "a\0b", "/",
        String(repeating: "a", count: 2000),
    ])
    func namesThatLeadOutOfTheFolderAreNotEvenAskedFor(name: String) {
        let options = ImportOptions(companion: { name, _ throws(NetworkImportError) in
            Issue.record("asked for \(name)")
            return []
        })
        let error = importError(Self.writer(network, name).bytes(), options)
        #expect(error == .companionFile(name: name, reason: "the name leads out of the model's folder"))
    }

    @Test func placesBeyondTheFileAreRefused() throws {
        guard case .companionFile("model.onnx.data", _)? = importError(writer.bytes(), options([1, 2])) else {
            Issue.record("not refused")
            return
        }
        for (key, text) in [
            ("offset", "-1"), ("offset", "9223372036854775808"), ("offset", "99999999"),
            ("length", "9223372036854775807"),
            ("length", "x"), ("length", "860"), ("offset", ""), ("length", "location"),
        ] {
            var found = 0
            let bytes = try WireField.rewriting(writer.bytes(), at: [7, 5, 13]) { entry in
                let fields = try WireField.fields(of: entry)
                guard fields[0].payload == Array(key.utf8) else { return entry }
                found += 1
                guard found == 1 else { return entry }
                var changed = ProtoWriter()
                changed.text(1, text == "location" ? text : key)
                changed.text(2, text)
                return changed.bytes
            }
            switch importError(bytes, options(writer.companion)) {
            case .companionFile?: #expect(text != "860")
            case .wrongByteCount("stem.w", 860, 864)?: #expect(text == "860")
            case let other: Issue.record("\(key) \(text) gave \(other.debugDescription)")
            }
        }
    }
}
