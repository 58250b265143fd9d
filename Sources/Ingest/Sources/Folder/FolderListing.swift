private import Glibc

/// One name in a folder that matters: an image file or a folder.
struct FolderEntry: Sendable, Hashable {
    let name: String
    let isFolder: Bool
}

/// What a folder holds for a source: image files by extension, and folders; hidden names never.
///
/// - Throws: the reason why it cannot be listed.
func listFolder(_ path: String) throws(FileContent.Problem) -> [FolderEntry] {
    guard let folder = opendir(path) else { throw FileContent.Problem(reason: systemReason(errno)) }
    defer { closedir(folder) }
    var entries: [FolderEntry] = []
    while true {
        errno = 0
        guard let entry = readdir(folder) else { break }
        // A name that is not UTF-8 is repaired here; opening it then fails, and is reported.
        let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        if name.hasPrefix(".") { continue }
        guard let isFolder = isFolder(path + "/" + name, kind: Int32(entry.pointee.d_type)) else { continue }
        if isFolder || hasImageExtension(name) {
            entries.append(FolderEntry(name: name, isFolder: isFolder))
        }
    }
    guard errno == 0 else { throw FileContent.Problem(reason: systemReason(errno)) }
    return entries.sorted { precedes($0.name, $1.name) }
}

/// Whether `name` ends in `.jpg`, `.jpeg` or `.png`, in either case.
func hasImageExtension(_ name: String) -> Bool {
    guard let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")) else { return false }
    let end = String(name[dot...].dropFirst()).lowercased()
    return end == "jpg" || end == "jpeg" || end == "png"
}

/// Byte order, the same under every locale.
func precedes(_ a: String, _ b: String) -> Bool { a.utf8.lexicographicallyPrecedes(b.utf8) }

/// A link to a file counts as a file; a link to a folder as nothing, so that no walk runs in circles.
private func isFolder(_ path: String, kind: Int32) -> Bool? {
    switch kind {
    case Int32(DT_DIR): return true
    case Int32(DT_LNK), Int32(DT_UNKNOWN): break
    default: return false
    }
    var status = stat()
    guard lstat(path, &status) == 0 else { return false }
    if status.st_mode & S_IFMT == S_IFDIR { return true }
    guard status.st_mode & S_IFMT == S_IFLNK else { return false }
    var target = stat()
    return stat(path, &target) == 0 && target.st_mode & S_IFMT == S_IFDIR ? nil : false
}

/// What tells two states of a file apart without reading it.
package struct FileStamp: Sendable, Hashable {
    let bytes: Int64
    let modifiedNs: Int64

    /// `nil` when nothing is at `path`.
    ///
    /// - Throws: why it is not known what is there.
    init?(path: String) throws(FileContent.Problem) {
        var status = stat()
        guard stat(path, &status) == 0 else {
            let code = errno
            if code == ENOENT { return nil }
            throw FileContent.Problem(reason: systemReason(code))
        }
        bytes = Int64(status.st_size)
        modifiedNs = status.st_mtim.units(1_000_000_000)
    }

    /// For tests of what is decided from stamps.
    package init(bytes: Int64, modifiedNs: Int64) {
        self.bytes = bytes
        self.modifiedNs = modifiedNs
    }
}

extension timespec {
    /// The time in units of which `perSecond` are a second, as far as they can be counted: file systems keep times beyond 2262.
    package func units(_ perSecond: Int64) -> Int64 {
        let (whole, isOver) = Int64(tv_sec).multipliedReportingOverflow(by: perSecond)
        guard !isOver else { return tv_sec < 0 ? .min : .max }
        let (sum, isBeyond) = whole.addingReportingOverflow(Int64(tv_nsec) / (1_000_000_000 / perSecond))
        return isBeyond ? .max : sum
    }
}
