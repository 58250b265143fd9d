import Foundation

/// A NumPy file of image tensors, `[images, size, size, 3]` unsigned bytes, written one after the other.
///
/// It lies under another name until it is closed, so that no half file is ever found.
final class TensorFile {
    /// Bytes of the header: room for any count, a multiple of 64 as the format asks.
    private static let headerBytes = 128

    private let path: String
    private let temporary: String
    private let size: Int
    private let handle: FileHandle
    private var pending: [UInt8] = []
    private var isClosed = false

    /// Tensors so far.
    private(set) var count = 0

    /// Starts a file.
    ///
    /// - Throws: `CommandError` with exit code 74 if it can not be written.
    init(_ path: String, size: Int) throws {
        self.path = path
        self.size = size
        var facts = stat()
        // The file takes the place of what has its name: a pipe or a device is not to go that way.
        guard stat(path, &facts) != 0 || facts.st_mode & S_IFMT == S_IFREG else {
            throw CommandError(Exit.output, "can not write \(path): it is no file that can be replaced")
        }
        temporary = "\(path).part-\(getpid())"
        guard FileManager.default.createFile(atPath: temporary, contents: nil),
            let handle = FileHandle(forWritingAtPath: temporary)
        else {
            throw CommandError(
                Exit.output, "can not write \(path): \(String(cString: strerror(errno)).lowercased())")
        }
        self.handle = handle
        pending = Self.header(count: 0, size: size)
    }

    deinit {
        if !isClosed { unlink(temporary) }
    }

    /// Adds a tensor of `size * size * 3` bytes.
    func append(_ tensor: [UInt8]) throws {
        precondition(tensor.count == size * size * 3, "a tensor of the file's size")
        pending += tensor
        count += 1
        if pending.count >= 1 << 22 { try flush() }
    }

    /// Writes what is left and the header, and gives the file its name.
    func close() throws {
        try flush()
        try writing {
            try handle.seek(toOffset: 0)
            try handle.write(contentsOf: Data(Self.header(count: count, size: size)))
            try handle.close()
        }
        guard rename(temporary, path) == 0 else {
            throw CommandError(
                Exit.output, "can not write \(path): \(String(cString: strerror(errno)).lowercased())")
        }
        isClosed = true
    }

    private func flush() throws {
        try writing { try handle.write(contentsOf: Data(pending)) }
        pending.removeAll(keepingCapacity: true)
    }

    private func writing(_ body: () throws -> Void) throws {
        do {
            try body()
        } catch {
            throw CommandError(Exit.output, "can not write \(path): \(error.localizedDescription)")
        }
    }

    /// Version 1.0 of the format.
    private static func header(count: Int, size: Int) -> [UInt8] {
        let words = "{'descr': '|u1', 'fortran_order': False, 'shape': (\(count), \(size), \(size), 3), }"
        let textBytes = headerBytes - 10
        let text =
            Array(words.utf8) + [UInt8](repeating: 0x20, count: textBytes - 1 - words.utf8.count) + [0x0A]
        return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(textBytes), 0] + text
    }
}
