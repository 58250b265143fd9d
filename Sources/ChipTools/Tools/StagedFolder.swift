internal import Glibc
import Foundation

/// A folder that appears whole or not at all: written beside its final place, then renamed.
public struct StagedFolder: ~Copyable {
    /// Where to write.
    public let path: String
    /// Where it will be.
    public let destination: String
    private var isOpen = true

    /// Makes an empty folder beside `destination`, whose parents are made when missing.
    ///
    /// - Throws: ``StagingError`` when the destination exists and is no folder, or is a folder that holds
    ///   something and `replacing` is false.
    public init(for destination: String, replacing: Bool = false) throws(StagingError) {
        let destination = (destination as NSString).standardizingPath
        let manager = FileManager.default
        var isFolder: ObjCBool = false
        if manager.fileExists(atPath: destination, isDirectory: &isFolder) {
            guard isFolder.boolValue else { throw .notAFolder(destination) }
            guard replacing || ((try? manager.contentsOfDirectory(atPath: destination)) ?? [""]).isEmpty
            else { throw .exists(destination) }
        }
        let path = destination + ".partial-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        do {
            try manager.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw .io(path, error.localizedDescription)
        }
        // Set last: an error before this point leaves nothing to clean up.
        self.path = path
        self.destination = destination
    }

    deinit { if isOpen { try? FileManager.default.removeItem(atPath: path) } }

    /// Writes one file in the staged folder, with folders between made when missing.
    ///
    /// - Throws: ``StagingError``; a name that leaves the folder is an error too.
    public borrowing func write(_ bytes: some Sequence<UInt8>, to name: String) throws(StagingError) {
        guard !name.hasPrefix("/"), !name.split(separator: "/").contains("..") else {
            throw .io(name, "the name leaves the folder")
        }
        let file = path + "/" + name
        do {
            try FileManager.default.createDirectory(
                atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            try Data(bytes).write(to: URL(fileURLWithPath: file))
        } catch {
            throw .io(file, error.localizedDescription)
        }
    }

    /// Puts the folder in its place; what stood there is removed only after that.
    public consuming func commit() throws(StagingError) {
        let manager = FileManager.default
        let old = path + ".old"
        let hadOld = manager.fileExists(atPath: destination)
        if hadOld, rename(destination, old) != 0 { throw .io(destination, String(cString: strerror(errno))) }
        guard rename(path, destination) == 0 else {
            let reason = String(cString: strerror(errno))
            if hadOld { rename(old, destination) }
            throw .io(destination, reason)
        }
        isOpen = false
        if hadOld { try? manager.removeItem(atPath: old) }
    }
}
