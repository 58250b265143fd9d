/// Decides, from one look at a folder after another, which files are new and complete.
///
/// A file is complete when two looks in a row saw it with the same length and time of change; a file
/// renamed into place passes at the second look like any other. Each name is taken once, and again only
/// after a look did not see it.
///
/// | seen before | this look | decision |
/// |---|---|---|
/// | no | any stamp | remember the stamp |
/// | with another stamp | any stamp | remember the new stamp |
/// | with this stamp | the same stamp | take it |
/// | taken | any stamp | nothing |
/// | any | gone | forget it |
///
/// - Range: remembers the names the last look saw, at most `filesMax`.
package struct FolderWatch: Sendable {
    private enum Memory: Hashable {
        case waiting(FileStamp)
        case taken
    }

    /// The most files a watched folder may hold at once.
    package let filesMax: Int
    private var memory: [String: Memory] = [:]

    /// Starts knowing no file.
    package init(filesMax: Int = 1_000_000) { self.filesMax = filesMax }

    /// Takes what one look saw and returns the paths to read now, in byte order; `nil` over `filesMax`.
    package mutating func look(_ files: [(path: String, stamp: FileStamp)]) -> [String]? {
        guard files.count <= filesMax else { return nil }
        var present: [String: Memory] = [:]
        present.reserveCapacity(files.count)
        var ready: [String] = []
        for (path, stamp) in files {
            switch memory[path] {
            case .taken: present[path] = .taken
            case .waiting(stamp):
                present[path] = .taken
                ready.append(path)
            default: present[path] = .waiting(stamp)
            }
        }
        memory = present
        return ready.sorted(by: precedes)
    }
}
