/// Visits the image files under a folder, each folder's names in byte order, one folder at a time.
///
/// Memory holds the names of the folders on the way to the present one, never of the whole tree.
struct FolderWalk: Sendable {
    /// One step of the walk; paths are relative to the root.
    enum Step: Sendable, Hashable {
        case image(path: String)
        case unreadable(path: String, reason: String)
    }

    private struct Level: Sendable {
        let prefix: String
        var entries: ArraySlice<FolderEntry>
    }

    private let root: String
    private let recursive: Bool
    private var levels: [Level]

    /// Lists the root, so that a bad root shows at once.
    ///
    /// - Throws: ``SourceError/unreadable(path:reason:)``.
    init(root: String, recursive: Bool) throws(SourceError) {
        self.root = root
        self.recursive = recursive
        do throws(FileContent.Problem) {
            levels = [Level(prefix: "", entries: try listFolder(root)[...])]
        } catch {
            throw .unreadable(path: root, reason: error.reason)
        }
    }

    /// The next image file or unreadable folder; `nil` at the end.
    mutating func next() -> Step? {
        while let top = levels.indices.last {
            guard let entry = levels[top].entries.popFirst() else {
                levels.removeLast()
                continue
            }
            let path = levels[top].prefix + entry.name
            if !entry.isFolder { return .image(path: path) }
            guard recursive else { continue }
            do throws(FileContent.Problem) {
                let entries = try listFolder(root + "/" + path)
                levels.append(Level(prefix: path + "/", entries: entries[...]))
            } catch {
                return .unreadable(path: path, reason: error.reason)
            }
        }
        return nil
    }
}
