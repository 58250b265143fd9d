public import Artifacts
internal import CHDF5

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// Reads HDF5 through the HDF5 library.
///
/// The library keeps global state, and damaged files have made it crash: call this in a process that reads one file
/// and ends.
public enum HDF5Reader {
    /// The arrays of real numbers in `bytes`, each under its path, as float32; and the texts that Keras keeps beside
    /// them, as metadata: `PATH@ATTRIBUTE`, each a JSON list.
    ///
    /// Top groups of optimizers and metrics are left out; `@skipped` lists arrays of other than real numbers. Links, numbers
    /// in other files, and filters that would have to be loaded are refused.
    ///
    /// - Parameter elementsMax: the most numbers and characters that are read.
    /// - Throws: ``HDF5Error``.
    public static func tensors(of bytes: [UInt8], elementsMax: Int) throws(HDF5Error) -> SafetensorsFile {
        let found = Found()
        var message = [CChar](repeating: 0, count: 256)
        let status = read(bytes, elementsMax, found, &message)
        let raw = String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // Names of groups may hold anything; the reason is one line.
        let text = raw.unicodeScalars.map {
            $0.properties.generalCategory == .control ? $0.escaped(asASCII: true) : String($0)
        }.joined()
        switch status {
        case HSF_HDF5_OK: return found.file()
        case HSF_HDF5_LIBRARY: throw .library(reason: text)
        case HSF_HDF5_MEMORY: throw .outOfMemory
        default: throw .unreadable(reason: text)
        }
    }

    /// Ends this process when the one that started it does.
    public static func endWithParent() { hsf_hdf5_end_with_parent() }

    /// The library's version; `nil` where it is not installed.
    public static var libraryVersion: String? {
        let text = String(cString: hsf_hdf5_version())
        return text.isEmpty ? nil : text
    }

    private static func read(
        _ bytes: [UInt8], _ elementsMax: Int, _ found: Found, _ message: inout [CChar]
    ) -> hsf_hdf5_status {
        // The library writes to the image where a file was not closed.
        var image = bytes
        return withTexts(skipped) { skipped in
            withTexts(attributes) { attributes in
                var visitor = hsf_hdf5_visitor()
                visitor.context = Unmanaged.passUnretained(found).toOpaque()
                visitor.skipped = skipped
                visitor.attributes = attributes
                visitor.array = { context, path, rank, shape, values, count in
                    guard let context, let path, let shape, let values else { return }
                    Unmanaged<Found>.fromOpaque(context).takeUnretainedValue().add(
                        String(cString: path), (0..<rank).map { Int(shape[$0]) },
                        UnsafeBufferPointer(start: values, count: count))
                }
                visitor.text = { context, path, attribute, index, text, length in
                    guard let context, let path, let attribute, let text else { return }
                    let characters = UnsafeRawBufferPointer(start: text, count: length)
                    Unmanaged<Found>.fromOpaque(context).takeUnretainedValue().add(
                        "\(String(cString: path))@\(String(cString: attribute))",
                        String(decoding: characters, as: UTF8.self))
                }
                let bounds = hsf_hdf5_bounds(depth: 16, objects: 1 << 13, elements: UInt64(elementsMax))
                return hsf_hdf5_read(&image, image.count, bounds, &visitor, &message)
            }
        }
    }

    /// What belongs to training.
    private static let skipped: [StaticString] = ["optimizer_weights", "optimizer", "metrics"]
    private static let attributes: [StaticString] = ["model_config", "layer_names", "weight_names", "name"]

    private static func withTexts<Result>(
        _ texts: [StaticString], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Result
    ) -> Result {
        let pointers =
            texts.map { UnsafeRawPointer($0.utf8Start).assumingMemoryBound(to: CChar.self) } + [nil]
        return pointers.withUnsafeBufferPointer { body($0.baseAddress) }
    }

    /// What was found so far.
    private final class Found {
        private var texts: [String: [String]] = [:]
        private var tensors: [String: SafetensorsFile.Tensor] = [:]

        func add(_ path: String, _ shape: [Int], _ values: UnsafeBufferPointer<Float>) {
            tensors[path] = .float32(name: path, shape: shape, values: Array(values))
        }

        func add(_ key: String, _ text: String) { texts[key, default: []].append(text) }

        func file() -> SafetensorsFile {
            let metadata = texts.compactMapValues { list in
                (try? JSONEncoder().encode(list)).map { String(decoding: $0, as: UTF8.self) }
            }
            return SafetensorsFile(metadata: metadata, tensors: Array(tensors.values))
        }
    }
}

/// Why a file is not read.
public enum HDF5Error: Error, Hashable, Sendable {
    /// The library is not there, or is another one.
    case library(reason: String)
    /// The file is damaged, or holds what is not read.
    case unreadable(reason: String)
    /// There was not enough memory.
    case outOfMemory
}

extension HDF5Error: CustomStringConvertible {
    /// What is wrong.
    public var description: String {
        switch self {
        case .library(let reason), .unreadable(let reason): reason
        case .outOfMemory: "not enough memory for its numbers"
        }
    }
}
