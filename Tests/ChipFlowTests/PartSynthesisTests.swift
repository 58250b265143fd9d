import ChipFlow
import ChipModel
import ChipRTL
import ChipTools
import Foundation
import HardenedBackbone
import QuantizedTensors
import Testing
import TestSupport

/// Parts of a real artefact through Yosys, netlists compared to the byte.
@Suite(.serialized) struct PartSynthesisTests {
    /// Debian's Yosys, or nothing.
    static let yosys = try? ExternalTool.yosys.locate()
    static let asap7 = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent(
            "../../../shared/data/asap7/lib/asap7sc7p5t_subset_RVT_TT_nldm.lib.gz"
        ).standardizedFileURL.path
    static let tiny = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../ChipToolsTests/Golden/tiny.lib").standardizedFileURL.path

    /// Synthesises one layer in a temporary folder.
    private func synthesise(
        _ name: String,
        liberty: String,
        sharesPairs: Bool,
        spoil: (inout [UInt8]) -> Void = { _ in }
    ) throws -> LayerResult {
        let artifact = try SmallBackbone.make(seed: 11)
        let index = try #require(artifact.network.layers.firstIndex { $0.name == name })
        let path = NSTemporaryDirectory() + "hashiflex-synth-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        for folder in ["cores", "vectors", "results", "work"] {
            try FileManager.default.createDirectory(
                atPath: "\(path)/\(folder)", withIntermediateDirectories: true)
        }
        let files = CoreFiles(
            artifact, layer: index, depth: 3, cut: .byFanIn, sharesPairs: sharesPairs, vectorCount: 64,
            generator: "test")
        let manifest = RTLManifest(
            generator: "test", artifact: artifact, style: "area", layers: [files.entry])
        var written = (files.files + files.entry.parts.indices.map { files.part($0) })
            .map { ($0.name, $0.bytes) }
        written.append((RTLManifest.fileName, Array(try JSONEncoder().encode(manifest))))
        for (name, content) in written {
            var bytes = content
            if name == files.entry.parts[0].file { spoil(&bytes) }
            try Data(bytes).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
        }
        let library = try LibertyLibrary(path: liberty)
        let wrappers = try LibraryWrappers([library])
        let run = try YosysRun(
            executable: try #require(Self.yosys), library: library.file.bytes, wrappers: wrappers.text,
            workFolder: "\(path)/work", timeLimit: 300)
        let synthesis = PartSynthesis(
            folder: try RTLFolder(path: path), libraries: [library], wrappers: wrappers, run: run,
            results: "\(path)/results", toolIdentity: "test")
        let parts = try ((files.entry.pairs.map { [$0] } ?? []) + files.entry.parts).map { part in
            let first = try synthesis.result(part, of: files.entry)
            let second = try synthesis.result(part, of: files.entry)
            #expect(!first.wasThere && second.wasThere && first.result == second.result)
            return first.result
        }
        return LayerResult(
            layer: name, fanIn: files.entry.fanIn, channels: files.entry.channels,
            pairs: files.entry.pairs?.count ?? 0, parts: parts)
    }

    @Test(
        "Every kind of layer keeps its bytes through an invented library",
        .enabled(if: yosys != nil, "Yosys is not installed"),
        arguments: ["stem", "b00.depthwise", "b01.expand", "b02.project"])
    func bytes(_ layer: String) throws {
        let result = try synthesise(layer, liberty: Self.tiny, sharesPairs: false)
        #expect(result.comparedBytes == 64 * result.channels)
        #expect(result.fullAdders > 0 && result.flipFlops > 0 && result.combinationalArea > 0)
    }

    @Test(
        "Shared pairs keep the bytes and take less area",
        .enabled(
            if: yosys != nil && FileManager.default.fileExists(atPath: asap7),
            "needs Yosys and ../shared/data/asap7"))
    func sharing() throws {
        let plain = try synthesise("b16.project", liberty: Self.asap7, sharesPairs: false)
        let shared = try synthesise("b16.project", liberty: Self.asap7, sharesPairs: true)
        #expect(shared.pairs > 0 && shared.comparedBytes > plain.comparedBytes)
        #expect(shared.combinationalArea < 0.85 * plain.combinationalArea)
        // ASAP7 (predictive): `seven-nm.md`, 2.1 has 1.69 um2 a weight at fan-in 96.
        #expect(plain.fanIn == 96)
        #expect(plain.combinationalArea / Double(plain.nonZeroWeights) < 1.70)
    }

    @Test(
        "A swapped polarity in the text is found in the netlist",
        .enabled(if: yosys != nil, "Yosys is not installed"))
    func plantedFault() throws {
        #expect {
            _ = try synthesise("b02.project", liberty: Self.tiny, sharesPairs: false) { bytes in
                // The first adder becomes one that takes its first input twice.
                var text = String(decoding: bytes, as: UTF8.self)
                if let cell = text.range(of: "hs_fa f0(") ?? text.range(of: "hs_ha f0(") {
                    let end = text[cell.upperBound...].firstIndex(of: ",") ?? cell.upperBound
                    let input = String(text[cell.upperBound..<end])
                    let after = text[end...].dropFirst(2)
                    let second = after.firstIndex(of: ",") ?? after.startIndex
                    text.replaceSubrange(after.startIndex..<second, with: input)
                }
                bytes = Array(text.utf8)
            }
        } throws: { error in
            guard case SynthesisError.wrongBytes(_, let wrong, _, _)? = error as? SynthesisError else {
                return false
            }
            return wrong > 0
        }
    }
}
