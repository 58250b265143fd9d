import Foundation
import ImageDecoding
import Ingest
import Testing

/// A folder of its own for one test, removed with it.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        let base = FileManager.default.temporaryDirectory.path
        path = base + "/hashiflex-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes `bytes` at a path relative to the folder, making folders on the way; returns the whole path.
    @discardableResult
    func write(_ bytes: [UInt8], to name: String) throws -> String {
        let file = path + "/" + name
        try FileManager.default.createDirectory(
            atPath: (file as NSString).deletingLastPathComponent,
            withIntermediateDirectories: true
        )
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        return file
    }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: path + "/" + name) }
}

/// A small PNG whose pixels follow from `seed`.
func fixturePNG(_ seed: Int = 0) throws -> [UInt8] {
    let gray = (0..<12).map { UInt8(truncatingIfNeeded: $0 * 7 + seed * 31) }
    return try ImageEncoder.png(gray, width: 4, height: 3, channels: 1)
}

func fixtureJPEG() throws -> [UInt8] {
    try ImageEncoder.jpeg(RGBImage(gray: [UInt8](repeating: 90, count: 64), width: 8, height: 8))
}

/// What a source gave: each outcome in short, and how it ended.
struct Drained {
    var ids: [String] = []
    var labels: [Int?] = []
    var images: [SourceImage] = []
    var unreadable: [(id: String, reason: String)] = []
    var error: SourceError?

    /// Reads `source` to its end, and then once more, which must give nothing.
    init(_ source: inout some ImageSource, outcomesMax: Int = 10_000) {
        do throws(SourceError) {
            for _ in 0..<outcomesMax {
                guard let outcome = try source.next() else { break }
                switch outcome {
                case .image(let image):
                    ids.append(image.id)
                    labels.append(image.label)
                    images.append(image)
                case .unreadable(let id, let reason):
                    unreadable.append((id, reason))
                }
            }
        } catch {
            self.error = error
        }
        let after = Result { () throws(SourceError) in try source.next() }
        if case .success(nil) = after { return }
        Issue.record("a source that has ended gave \(after)")
    }

    init(_ source: consuming some ImageSource) {
        var source = source
        self.init(&source)
    }
}

/// A pipe whose reading end is given to a source.
final class TestPipe: Sendable {
    let readEnd: Int32
    private let writeEnd: FileHandle

    init() {
        let pipe = Pipe()
        readEnd = dup(pipe.fileHandleForReading.fileDescriptor)
        writeEnd = pipe.fileHandleForWriting
    }

    deinit { close(readEnd) }

    func write(_ bytes: [UInt8]) throws { try writeEnd.write(contentsOf: Data(bytes)) }

    func end() throws { try writeEnd.close() }
}

extension SourceError {
    /// The case without its payload.
    var caseName: String {
        switch self {
        case .missing: "missing"
        case .unreadable: "unreadable"
        case .notAnImageSource: "notAnImageSource"
        case .malformed: "malformed"
        case .truncated: "truncated"
        case .badLabels: "badLabels"
        case .unwritable: "unwritable"
        case .stopped: "stopped"
        }
    }
}
