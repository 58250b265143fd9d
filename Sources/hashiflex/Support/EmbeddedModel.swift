import CEmbeddedModel
import ClassifierHead
import Foundation
import HardenedBackbone

/// What is built into the program: a hardened backbone, two heads fitted on it, and sample images.
enum EmbeddedModel {
    private static func bytes(_ blob: hsf_blob) -> [UInt8] {
        Array(UnsafeBufferPointer(start: blob.bytes, count: blob.count))
    }

    /// The backbone: Po2 MobileNetV2, width 1.0, 96x96.
    static func backbone() throws -> BackboneArtifact {
        try BackboneArtifact(decoding: bytes(hsf_embedded_backbone()))
    }

    /// The head that knows eight of the ten Fashion-MNIST classes.
    static func headV1() throws -> ClassifierHead {
        try ClassifierHead(decoding: bytes(hsf_embedded_head_v1()))
    }

    /// The head that knows all ten.
    static func headV2() throws -> ClassifierHead {
        try ClassifierHead(decoding: bytes(hsf_embedded_head_v2()))
    }

    /// Layer digests of eight images, which `hashiflex verify` compares with.
    static func golden() -> [UInt8] { bytes(hsf_embedded_golden()) }

    /// 1,000 labelled Fashion-MNIST test images, a WebDataset tar.
    static func sample() -> [UInt8] { bytes(hsf_embedded_sample()) }
}

/// Reads files named on the command line.
enum InputFile {
    /// The whole file; a missing or unreadable one ends the command.
    static func read(_ path: String, bytesMax: Int = 1 << 30) throws -> [UInt8] {
        var facts = stat()
        guard stat(path, &facts) != 0 || facts.st_mode & S_IFMT != S_IFDIR else {
            throw CommandError(Exit.badInput, "\(path) is a folder; name a file in it")
        }
        do {
            let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            defer { try? handle.close() }
            let data = try handle.read(upToCount: bytesMax + 1) ?? Data()
            guard data.count <= bytesMax else {
                throw CommandError(Exit.badInput, "\(path) is larger than \(bytesMax) bytes")
            }
            return Array(data)
        } catch let error as CommandError {
            throw error
        } catch {
            throw CommandError(Exit.badInput, "\(path): \(error.localizedDescription)")
        }
    }

    /// Whether two paths are of one file, by whatever links.
    static func isSame(_ path: String, _ other: String) -> Bool {
        func target(_ path: String) -> URL {
            URL(fileURLWithPath: path).resolvingSymlinksInPath().standardizedFileURL
        }
        var (facts, others) = (stat(), stat())
        // Hard links share an inode; a file that is not there yet has none.
        if stat(path, &facts) == 0, stat(other, &others) == 0 {
            return facts.st_dev == others.st_dev && facts.st_ino == others.st_ino
        }
        return target(path) == target(other)
    }

    /// Writes a whole file, or nothing: a full disk leaves no half file behind.
    ///
    /// Pipes and devices are written to, not replaced.
    static func write(_ bytes: [UInt8], to path: String) throws {
        do {
            var facts = stat()
            let isSpecial = stat(path, &facts) == 0 && facts.st_mode & S_IFMT != S_IFREG
            if isSpecial {
                let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
                try handle.write(contentsOf: Data(bytes))
                try handle.close()
            } else {
                try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
            }
        } catch {
            throw CommandError(Exit.output, "can not write \(path): \(error.localizedDescription)")
        }
    }
}
