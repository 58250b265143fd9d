import ChipFlow
import ChipModel
import ChipRTL
import ChipTools
import Foundation
import HardenedBackbone
import Testing

/// Parts of one layer through Yosys in a folder of their own.
final class SynthesisBench {
    /// Debian's Yosys, or nothing.
    static let yosys = try? ExternalTool.yosys.locate()
    /// Debian's OpenSTA, or nothing.
    static let openSTA = try? ExternalTool.openSTA.locate()
    /// ASAP7 (predictive), for developers; CI of others skips what needs it.
    static let asap7 = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent(
            "../../../shared/data/asap7/lib/asap7sc7p5t_subset_RVT_TT_nldm.lib.gz"
        ).standardizedFileURL.path
    static var hasASAP7: Bool { yosys != nil && FileManager.default.fileExists(atPath: asap7) }
    static let needsASAP7: Comment = "needs Yosys and ../shared/data/asap7"
    /// A library of invented areas.
    static let tiny = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../ChipToolsTests/Golden/tiny.lib").standardizedFileURL.path
    /// An untrained MobileNetV2 1.0 over 32x32 images, for its wide neurons.
    static let wide = Result { try SmallBackboneOfFullWidth.make() }

    let path: String
    let files: CoreFiles
    private let library: LibertyLibrary
    private let wrappers: LibraryWrappers
    private let run: YosysRun

    /// - Parameter yosys: another program in the place of Yosys.
    init(
        _ artifact: BackboneArtifact,
        layer name: String,
        liberty: String,
        sharesPairs: Bool = false,
        yosys: String? = nil
    ) throws {
        let index = try #require(artifact.network.layers.firstIndex { $0.name == name })
        path = NSTemporaryDirectory() + "hashiflex-synth-\(UUID().uuidString)"
        for folder in ["cores", "vectors", "results", "scratch"] {
            try FileManager.default.createDirectory(
                atPath: "\(path)/\(folder)", withIntermediateDirectories: true)
        }
        files = CoreFiles(
            artifact, layer: index, depth: 3, cut: .byFanIn, sharesPairs: sharesPairs, vectorCount: 64,
            generator: "test")
        let manifest = RTLManifest(
            generator: "test", artifact: artifact, style: "area", layers: [files.entry])
        library = try LibertyLibrary(path: liberty)
        let excluded = [NamePattern("DFFHQx4*")]
        wrappers = try LibraryWrappers([library], excluding: excluded)
        let merged = try LibertyMerge(
            [library], excluding: excluded, keeping: Set(wrappers.cells.values))
        run = try YosysRun(
            executable: try yosys ?? #require(Self.yosys), library: merged.bytes, wrappers: wrappers.text,
            workFolder: "\(path)/scratch", timeLimit: 300)
        for file in files.files { try write(file.bytes, to: file.name) }
        try write(Array(try JSONEncoder().encode(manifest)), to: RTLManifest.fileName)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ bytes: [UInt8], to name: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
    }

    /// One part, twice: the second time from its file.
    func result(_ part: RTLManifest.Part) throws -> PartResult {
        let synthesis = PartSynthesis(
            folder: try RTLFolder(path: path), libraries: [library], wrappers: wrappers, run: run,
            results: "\(path)/results", toolIdentity: "test")
        let first = try synthesis.result(part, of: files.entry)
        let second = try synthesis.result(part, of: files.entry)
        #expect(!first.wasThere && second.wasThere && first.result == second.result)
        return first.result
    }

    /// All parts of the layer.
    ///
    /// - Parameter spoil: changes the text of the first part.
    func layer(spoil: (inout [UInt8]) -> Void = { _ in }) throws -> LayerResult {
        for index in files.entry.parts.indices {
            var file = files.part(index).bytes
            if index == 0 { spoil(&file) }
            try write(file, to: files.part(index).name)
        }
        let entry = files.entry
        var parts: [PartResult] = []
        for part in (entry.pairs.map { [$0] } ?? []) + entry.parts { parts.append(try result(part)) }
        return LayerResult(
            layer: entry.name, fanIn: entry.fanIn, channels: entry.channels, pairs: entry.pairs?.count ?? 0,
            parts: parts)
    }
}

/// MobileNetV2 1.0 with weights from a seed.
enum SmallBackboneOfFullWidth {
    static func make() throws -> BackboneArtifact {
        try BackboneInitialiser.make(
            widthPercent: 100, inputSize: 32, seed: 11,
            calibration: [(0..<32 * 32 * 3).map { UInt8(truncatingIfNeeded: $0 * 7 / 5 ^ $0 / 96) }])
    }
}
