import Foundation
import NetworkExchange
import Testing

/// The inputs that `Tests/Fuzz/run` kept: together they reach every line that its runs reached.
@Suite struct CorpusTests {
    @Test func everyKeptInputGivesANetworkOrATypedError() throws {
        let folder = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Fuzz/onnx")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        var kinds: Set<String> = []
        for file in files {
            let error = importError(Array(try Data(contentsOf: file)), .init(inputSize: 32))
            guard let error else { continue }
            #expect(!"\(error)".isEmpty, "\(file.lastPathComponent)")
            // The name of the case.
            kinds.insert(Mirror(reflecting: error).children.first?.label ?? "\(error)")
        }
        #expect(files.count >= 50)
        #expect(kinds.count >= 10, "\(kinds)")
    }
}
