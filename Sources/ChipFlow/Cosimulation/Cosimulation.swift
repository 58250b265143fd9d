import ChipModel
public import ChipRTL
import ChipTools
import ClassifierHead
import Foundation
import HardenedBackbone
import QuantizedTensors

/// Simulates an RTL folder on images and compares it with the numeric specification and the cycle model.
///
/// The folder's text is what runs, as it stands there; expected bytes come from the artefact beside it.
public struct Cosimulation: Sendable {
    /// The program that simulates.
    public enum Simulator: String, CaseIterable, Sendable {
        /// Event-driven, quick to build: for whole networks.
        case icarus
        /// Compiled, slow to build: for cores and blocks.
        case verilator
    }

    /// Legal numbers of images in one bench.
    public static let imagesRange = 1...64

    /// The folder.
    public let path: String
    /// Its manifest.
    public let manifest: NetworkManifest
    /// The design that the folder was written from.
    public let rtl: NetworkRTL

    /// Opens a folder.
    ///
    /// - Throws: ``CosimulationError``.
    public init(path: String) throws(CosimulationError) {
        let file = "\(path)/\(NetworkManifest.fileName)"
        guard let data = FileManager.default.contents(atPath: file), data.count <= 1 << 24 else {
            throw .notAnRTLFolder(path: path, reason: "no \(NetworkManifest.fileName) in it")
        }
        guard let manifest = try? JSONDecoder().decode(NetworkManifest.self, from: data) else {
            throw .notAnRTLFolder(path: path, reason: "its \(NetworkManifest.fileName) can not be read")
        }
        let model = "\(path)/\(NetworkManifest.artifactName)"
        guard let bytes = FileManager.default.contents(atPath: model) else { throw .missingFile(path: model) }
        let artifact: BackboneArtifact
        do {
            artifact = try BackboneArtifact(decoding: Array(bytes))
        } catch {
            throw .wrongArtifact(path: model, reason: "\(error)")
        }
        guard "\(artifact.digest)" == manifest.artifact else {
            throw .wrongArtifact(path: model, reason: "the RTL was made from another artefact")
        }
        guard let rtl = manifest.design(artifact) else {
            throw .notAnRTLFolder(
                path: path, reason: "its \(NetworkManifest.fileName) has numbers out of range")
        }
        for name in manifest.files {
            guard Self.isPlain(name) else {
                throw .notAnRTLFolder(path: path, reason: "a file name leaves the folder")
            }
            guard FileManager.default.isReadableFile(atPath: "\(path)/\(name)") else {
                throw .missingFile(path: "\(path)/\(name)")
            }
        }
        self.path = path
        self.manifest = manifest
        self.rtl = rtl
    }

    /// A relative path of plain characters, ending in `.sv`.
    private static func isPlain(_ name: String) -> Bool {
        !name.hasPrefix("/") && !name.hasPrefix("-") && !name.contains("..") && name.hasSuffix(".sv")
            && name.utf8.allSatisfy {
                (97...122).contains($0) || (48...57).contains($0) || $0 == 95 || $0 == 46 || $0 == 47
            }
    }

    /// Builds the bench once and runs it at the planned pace, then, on demand, with stalls and as a flood.
    ///
    /// - Parameters:
    ///   - images: ``imagesRange`` images of `[inputSize, inputSize, 3]` bytes.
    ///   - seed: of heads and stalls.
    ///   - withStalls: whether to run again with random stalls and with a source that never waits.
    ///   - timeLimit: seconds for each program.
    ///   - progress: called before each step.
    /// - Throws: `ToolError`, ``CosimulationError``, errors of the file system.
    public func run(
        images: [[UInt8]],
        seed: UInt64,
        simulator: Simulator,
        withStalls: Bool,
        timeLimit: Int,
        progress: (String) -> Void
    ) throws -> [CosimulationReport] {
        let work = FileManager.default.temporaryDirectory.appendingPathComponent(
            "hashiflex-cosim-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: work, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: work) }
        for file in try bench(images, seed: seed) {
            try Data(file.bytes).write(to: work.appendingPathComponent(file.name))
        }
        let root = URL(fileURLWithPath: path).standardizedFileURL.path
        let sources = ["\(NetworkBench.module).sv"] + manifest.files.map { "\(root)/\($0)" }
        progress("building the bench with \(simulator.rawValue)")
        let command = try build(sources, simulator, in: work.path, timeLimit)
        var runs = [("planned", [String]())]
        if withStalls {
            // The bench's noise is a shift register of 32 bits: not zero.
            runs.append(("stalls", ["+stalls=\(seed % 1_000_000 + 1)"]))
            runs.append(("flood", ["+flood", "+stalls=\(seed % 1_000_000 + 2)"]))
        }
        var reports: [CosimulationReport] = []
        for (pace, arguments) in runs {
            progress("simulating \(images.count) images, \(pace)")
            let output = try ToolProcess(
                executable: command.program, arguments: command.arguments + arguments,
                workingFolder: work.path,
                timeLimit: timeLimit
            ).run()
            let lines = output.output.text.split(separator: "\n").map(String.init)
            reports.append(try CosimulationReport(lines, pace: pace))
        }
        return reports
    }

    /// The bench that fits the folder: the whole chip with two heads, or a part of the network.
    private func bench(_ images: [[UInt8]], seed: UInt64) throws -> [RTLFile] {
        guard let npu = rtl.npu else { return BlockBench(rtl, images: images).files }
        return NetworkBench(
            rtl, npu: npu, images: images, heads: try (0..<2).map { try head(npu, seed: seed &+ UInt64($0)) },
            swapImage: images.count - 1
        ).files
    }

    /// A head of random weights.
    private func head(_ npu: NPUShape, seed: UInt64) throws -> ClassifierHead {
        var random = SeededGenerator(seed: seed)
        return try ClassifierHead(
            name: "cosim", version: nil, classNames: (0..<npu.classes).map { "\($0)" },
            featureCount: npu.features,
            weights: (0..<npu.classes * npu.features).map { _ in Int8(truncatingIfNeeded: random.next() >> 32)
            },
            bias: (0..<npu.classes).map { _ in Int32(truncatingIfNeeded: random.next() >> 32) >> 8 },
            scale: 1, backboneDigest: rtl.artifact.digest, preprocessing: rtl.artifact.preprocessing,
            summary: "random")
    }

    private func build(
        _ sources: [String],
        _ simulator: Simulator,
        in folder: String,
        _ timeLimit: Int
    ) throws -> (program: String, arguments: [String]) {
        switch simulator {
        case .icarus:
            let compiler = try ExternalTool.iverilog.locate()
            let runner = try ExternalTool.vvp.locate()
            _ = try ToolProcess(
                executable: compiler,
                arguments: ["-g2012", "-DHS_ASSERT", "-s", NetworkBench.module, "-o", "bench.vvp"] + sources,
                workingFolder: folder, timeLimit: timeLimit
            ).run()
            return (runner, ["-n", "bench.vvp"])
        case .verilator:
            // Without the flag, wide trees of exclusive ors come out wrong in 5.006.
            _ = try ToolProcess(
                executable: try ExternalTool.verilator.locate(),
                arguments: [
                    "--binary", "--timing", "-j", "2", "-fno-const-bit-op-tree", "-DHS_ASSERT", "-Wno-fatal",
                    "-Wno-WIDTH", "-MAKEFLAGS", "OPT_FAST=-O0", "--top-module", NetworkBench.module,
                ] + sources, workingFolder: folder, timeLimit: timeLimit
            ).run()
            return ("\(folder)/obj_dir/V\(NetworkBench.module)", [])
        }
    }
}
