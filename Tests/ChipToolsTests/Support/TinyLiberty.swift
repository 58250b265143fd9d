import ChipTools
import Foundation

/// The library of invented cells that lies beside the tests.
enum TinyLiberty {
    static let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Golden/tiny.lib").path

    static func text() throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    static func library() throws -> LibertyLibrary { try LibertyLibrary(path: path) }

    /// A library in memory.
    static func parse(_ text: String, name: String = "test.lib") throws -> LibertyLibrary {
        try LibertyLibrary(LibertyFile(name: name, bytes: Array(text.utf8)))
    }
}

/// The tools and the real library, where a machine has them.
enum Installed {
    static func has(_ tools: ExternalTool...) -> Bool {
        tools.allSatisfy { (try? $0.locate()) != nil }
    }

    static let asap7 = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../../../shared/data/asap7").standardizedFileURL.path

    static var hasASAP7: Bool { FileManager.default.fileExists(atPath: asap7 + "/cells.csv") }
}

/// A folder that a test may fill; removed with it.
final class ScratchFolder {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("chip-tools-\(UUID().uuidString)")
            .path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ text: String, _ name: String) throws -> String {
        try write(Array(text.utf8), name)
    }

    func write(_ bytes: [UInt8], _ name: String) throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: path + "/" + name))
        return path + "/" + name
    }
}
