/// Image files named one by one.
public struct FileListSource: ImageSource {
    /// How many files, or the one.
    public let summary: String
    /// Files named one by one define no classes.
    public var classNames: [String]? { nil }

    private var paths: ArraySlice<String>
    private let fileBytesMax: Int
    private let isStopped: StopCheck

    /// Takes paths; each is opened only when it is its turn. The ids are the last 256 bytes' worth of
    /// whole path components.
    public init(
        paths: [String],
        fileBytesMax: Int = 64 << 20,
        isStopped: @escaping StopCheck = { false }
    ) {
        self.paths = paths[...]
        self.fileBytesMax = fileBytesMax
        self.isStopped = isStopped
        summary = paths.count == 1 ? "file \(paths[0])" : "\(paths.count) files"
    }

    /// The next file, or the reason why it could not be read. Never throws.
    public mutating func next() throws(SourceError) -> SourceOutcome? {
        guard !isStopped(), let path = paths.popFirst() else { return nil }
        let id = Self.id(of: path)
        do throws(FileContent.Problem) {
            let file = try FileContent(path: path, bytesMax: fileBytesMax)
            return SourceImage.outcome(name: id, bytes: file.bytes, label: nil)
        } catch {
            return .unreadable(id: SourceImage.printableID(id), reason: error.reason)
        }
    }

    private static func id(of path: String) -> String {
        var kept: [Substring] = []
        var bytes = 0
        for part in path.split(separator: "/").reversed() {
            bytes += part.utf8.count + 1
            if bytes > SourceImage.idBytesMax + 1 && !kept.isEmpty { break }
            kept.append(part)
        }
        return kept.reversed().joined(separator: "/")
    }
}
