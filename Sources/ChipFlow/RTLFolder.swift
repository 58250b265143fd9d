public import ChipRTL
import Foundation

/// An RTL folder on disk.
public struct RTLFolder: Sendable {
    /// Its path.
    public let path: String
    /// Its manifest.
    public let manifest: RTLManifest

    /// Reads the manifest.
    ///
    /// - Throws: ``FlowError/notAnRTLFolder(path:reason:)``; also for a manifest whose counts or file names can not
    ///   be ours.
    public init(path: String) throws(FlowError) {
        self.path = path
        let file = "\(path)/\(RTLManifest.fileName)"
        guard let data = FileManager.default.contents(atPath: file), data.count <= 1 << 26 else {
            throw .notAnRTLFolder(path: path, reason: "no \(RTLManifest.fileName) in it")
        }
        guard let manifest = try? JSONDecoder().decode(RTLManifest.self, from: data) else {
            throw .notAnRTLFolder(path: path, reason: "its \(RTLManifest.fileName) can not be read")
        }
        guard manifest.format == RTLManifest.formatName, manifest.version == 1 else {
            throw .notAnRTLFolder(path: path, reason: "another format or version")
        }
        guard manifest.layers.allSatisfy(Self.isPlausible) else {
            throw .notAnRTLFolder(path: path, reason: "its \(RTLManifest.fileName) has numbers out of range")
        }
        self.manifest = manifest
    }

    /// A folder that was written just now.
    init(path: String, manifest: RTLManifest) {
        self.path = path
        self.manifest = manifest
    }

    private static func isPlausible(_ layer: RTLManifest.Layer) -> Bool {
        let bytes = 1...1 << 16
        let names = [layer.file, layer.vectors] + layer.parts.map(\.file) + [layer.pairs?.file ?? "a"]
        let modules = [layer.module] + layer.parts.map(\.module) + [layer.pairs?.module ?? "a"]
        return bytes.contains(layer.windowBytes) && bytes.contains(layer.channels)
            && (3...64).contains(layer.depth)
            && layer.parts.allSatisfy {
                bytes.contains($0.count) && $0.firstChannel >= 0
                    && $0.firstChannel + $0.count <= layer.channels
            }
            && layer.pairLayout.allSatisfy {
                $0.count == 5 && (0..<layer.windowBytes).contains($0[0]) && (0...6).contains($0[1])
                    && (0...255).contains($0[2]) && (0..<layer.windowBytes).contains($0[3])
                    && (0...255).contains($0[4])
            }
            && names.allSatisfy {
                !$0.hasPrefix("/") && !$0.contains("..")
                    && $0.utf8.allSatisfy { $0 > 32 && $0 < 127 && $0 != 34 }
            }
            && modules.allSatisfy { name in
                name.utf8.allSatisfy { ($0 >= 97 && $0 <= 122) || ($0 >= 48 && $0 <= 57) || $0 == 95 }
            }
    }

    /// Bytes of a file of the folder.
    ///
    /// - Throws: ``FlowError/missingFile(path:reason:)``.
    public func read(_ name: String) throws(FlowError) -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: "\(path)/\(name)") else {
            throw .missingFile(path: "\(path)/\(name)", reason: "it is missing or not readable")
        }
        return Array(data)
    }

    /// The layers of the given names, all for none.
    ///
    /// - Throws: ``FlowError/unknownLayer(name:known:)``.
    public func layers(named names: [String]) throws(FlowError) -> [RTLManifest.Layer] {
        if names.isEmpty { return manifest.layers }
        var layers: [RTLManifest.Layer] = []
        for name in names {
            guard let layer = manifest.layers.first(where: { $0.name == name }) else {
                throw .unknownLayer(name: name, known: manifest.layers.map(\.name))
            }
            layers.append(layer)
        }
        return layers
    }
}
