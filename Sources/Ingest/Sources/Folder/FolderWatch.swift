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
/// | any | it, or a folder it lies in, could not be looked at | keep what is known |
///
/// - Range: remembers the names the last look saw, and those kept, at most `filesMax`.
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
    ///
    /// - Parameter unseen: Files and folders that are there and could not be looked at.
    package mutating func look(
        _ files: [(path: String, stamp: FileStamp)], unseen: Set<String> = []
    ) -> [String]? {
        guard files.count + unseen.count <= filesMax else { return nil }
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
        if !unseen.isEmpty {
            for (path, known) in memory where present[path] == nil && Self.lies(path, in: unseen) {
                present[path] = known
            }
            guard present.count <= filesMax else { return nil }
        }
        memory = present
        return ready.sorted(by: precedes)
    }

    /// Whether `path`, or a folder that it lies in, is among `places`.
    private static func lies(_ path: String, in places: Set<String>) -> Bool {
        var place = path[...]
        while !places.contains(String(place)) {
            guard let slash = place.lastIndex(of: "/") else { return false }
            place = place[..<slash]
        }
        return true
    }
}
