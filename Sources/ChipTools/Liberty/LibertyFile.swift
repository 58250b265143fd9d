import Foundation
private import ImageDecoding

/// The bytes of a liberty file, unpacked, and its name for messages.
public struct LibertyFile: Sendable {
    /// Unpacked bytes of one file that are read at most: six times the 44 MB of all of ASAP7.
    public static let largestSize = 256 << 20

    /// Its path, or any name that messages shall give.
    public let name: String
    /// The text, unpacked.
    public let bytes: [UInt8]

    /// Takes a text that is in memory already.
    public init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }

    /// Reads a file; gzip is known by its first two bytes, not by the name.
    ///
    /// - Parameter limit: Unpacked bytes at most.
    /// - Throws: ``LibertyError``.
    public init(path: String, limit: Int = largestSize) throws(LibertyError) {
        name = path
        guard let handle = FileHandle(forReadingAtPath: path) else {
            let there = FileManager.default.fileExists(atPath: path)
            throw .unreadable(file: path, reason: there ? "no permission" : "no such file")
        }
        defer { try? handle.close() }
        var packed: [UInt8] = []
        do {
            while packed.count <= limit, let piece = try handle.read(upToCount: 1 << 20), !piece.isEmpty {
                packed += piece
            }
        } catch {
            throw .unreadable(file: path, reason: error.localizedDescription)
        }
        guard packed.count <= limit else { throw .tooLarge(file: path, limit: limit) }
        bytes = packed.starts(with: [0x1F, 0x8B]) ? try Self.inflate(packed, path, limit) : packed
    }

    private static func inflate(
        _ packed: [UInt8], _ path: String, _ limit: Int
    ) throws(LibertyError) -> [UInt8] {
        var inflater = GzipInflater()
        var unpacked: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 20)
        var offset = 0
        while true {
            let step: (consumed: Int, produced: Int)
            do {
                step = try packed.withUnsafeBytes { input in
                    try piece.withUnsafeMutableBytes {
                        try inflater.inflate(.init(rebasing: input.dropFirst(offset)), into: $0)
                    }
                }
            } catch {
                throw .corruptGzip(file: path)
            }
            offset += step.consumed
            guard unpacked.count + step.produced <= limit else { throw .tooLarge(file: path, limit: limit) }
            unpacked += piece.prefix(step.produced)
            if offset == packed.count, step.produced < piece.count, inflater.isAtMemberBoundary { break }
            // No progress: the data ends inside a member.
            if step.consumed == 0, step.produced == 0 { throw .corruptGzip(file: path) }
        }
        return unpacked
    }
}
