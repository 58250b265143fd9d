import Foundation
import ImageDecoding
import TestSupport

/// Pictures of noise, made for tests.
enum Pictures {
    /// Colours at random, smooth enough that JPEG keeps them apart.
    static func noise(_ width: Int, _ height: Int, seed: UInt64 = 1) -> RGBImage {
        var random = SeededRandom(seed: seed)
        return RGBImage(width: width, height: height, bytes: random.bytes(width * height * 3))
    }

    /// A JPEG file.
    ///
    /// - Parameter orientation: What its EXIF says, 1 to 8; `nil` for a file without EXIF.
    static func jpeg(
        _ width: Int, _ height: Int, seed: UInt64 = 1, orientation: UInt8? = nil
    ) throws -> [UInt8] {
        let file = try ImageEncoder.jpeg(noise(width, height, seed: seed))
        guard let orientation else { return file }
        // A little-endian TIFF of one directory with one entry: tag 274, one SHORT.
        let tiff: [UInt8] =
            [0x49, 0x49, 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0]
            + [0, 0, 0, 0]
        let content = Array("Exif\0\0".utf8) + tiff
        var result = Array(file.prefix(2))
        result += [0xFF, 0xE1, 0, UInt8(content.count + 2)]
        result += content
        return result + file.dropFirst(2)
    }

    /// Writes files into a new folder; the order of the names is that in which they are read.
    static func folder(_ files: [(name: String, bytes: [UInt8])], in parent: TemporaryFolder) throws -> String
    {
        let path = parent.file("pictures-\(UUID().uuidString)")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        for (name, bytes) in files { try Data(bytes).write(to: URL(fileURLWithPath: "\(path)/\(name)")) }
        return path
    }
}
