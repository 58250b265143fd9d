import ChipFlow
import ChipModel
import ChipRTL
import ChipTools
import Foundation
import HardenedBackbone
import QuantizedTensors
import TestSupport
import Testing

/// RTL folders on disk, simulated and compared.
@Suite struct CosimulationTests {
    private static let hasIcarus = (try? ExternalTool.iverilog.locate()) != nil

    /// A folder with two layers of a small network; removed with the value.
    private final class Folder {
        let path: String
        let rtl: NetworkRTL

        init() throws {
            let artifact = try SmallBackbone.make()
            let plan = try #require(LanePlan(network: artifact.network, cyclesPerImage: 200))
            rtl = try NetworkRTL(
                artifact, plan: plan, depth: .uniform(3, of: artifact.network), layers: 6..<9,
                generator: "test 1")
            path =
                FileManager.default.temporaryDirectory.appendingPathComponent("hs-cosim-\(UUID().uuidString)")
                .path
            for part in ["cores", "network"] {
                try FileManager.default.createDirectory(
                    atPath: "\(path)/\(part)", withIntermediateDirectories: true)
            }
            let files = rtl.allFiles(style: .simulation)
            for file in files { try write(file.bytes, file.name) }
            try write(artifact.encoded(), NetworkManifest.artifactName)
            try write(manifest: NetworkManifest(rtl, style: .simulation, files: files.map(\.name)))
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        func write(_ bytes: [UInt8], _ name: String) throws {
            try Data(bytes).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
        }

        func write(manifest: NetworkManifest) throws {
            try write(Array(try JSONEncoder().encode(manifest)), NetworkManifest.fileName)
        }

        /// Changes the manifest's text, which must contain `old`.
        func edit(_ name: String, _ old: String, _ new: String) throws {
            let text = String(
                decoding: try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)")), as: UTF8.self)
            #expect(text.contains(old))
            try write(Array(text.replacing(old, with: new).utf8), name)
        }

        func run() throws -> [CosimulationReport] {
            try Cosimulation(path: path).run(
                images: (0..<2).map { SmallBackbone.photograph($0, bytes: 32 * 32 * 3) }, seed: 3,
                simulator: .icarus,
                withStalls: true, timeLimit: 120, progress: { _ in })
        }
    }

    @Test("What was written is equal, at every pace", .enabled(if: hasIcarus, "iverilog is not installed"))
    func equal() throws {
        let folder = try Folder()
        let reports = try folder.run()
        #expect(reports.map(\.pace) == ["planned", "stalls", "flood"])
        for report in reports {
            #expect(report.isEqual, "\(report.complaints)")
            #expect(report.bytes == 2 * folder.rtl.artifact.network.layers[8].output.elementCount)
        }
    }

    @Test("A change of the text on disk is seen", .enabled(if: hasIcarus, "iverilog is not installed"))
    func changed() throws {
        let folder = try Folder()
        try folder.edit("cores/hs_core_b02_project_p0.sv", ", 3'b0}", ", 2'b0}")
        let reports = try folder.run()
        #expect(reports.allSatisfy { !$0.isEqual && $0.wrongBytes > 0 && !$0.complaints.isEmpty })
        try folder.edit("cores/hs_core_b02_project_p0.sv", "endmodule", "")
        #expect(throws: ToolError.self) { try folder.run() }
    }

    @Test("A folder that is none is refused with the reason")
    func refused() throws {
        #expect(throws: CosimulationError.notAnRTLFolder(path: "/nowhere", reason: "no network.json in it")) {
            try Cosimulation(path: "/nowhere")
        }
        let folder = try Folder()
        #expect(throws: Never.self) { try Cosimulation(path: folder.path) }
        for (old, new) in [
            ("\"firstLayer\":6", "\"firstLayer\":60"),
            ("\"layerCount\":3", "\"layerCount\":9223372036854775807"),
            ("\"credits\":", "\"credits\":-"), ("\"version\":1", "\"version\":2"),
            ("\"cyclesPerImage\":200", "\"cyclesPerImage\":0"),
            ("hs_block.sv", "..\\/..\\/hs_block.sv"), ("hs_block.sv", "hs_block.sv -o x"),
        ] {
            let broken = try Folder()
            try broken.edit(NetworkManifest.fileName, old, new)
            #expect(throws: CosimulationError.self, "\(new)") { try Cosimulation(path: broken.path) }
        }
        try FileManager.default.removeItem(atPath: "\(folder.path)/network/hs_block.sv")
        #expect(throws: CosimulationError.missingFile(path: "\(folder.path)/network/hs_block.sv")) {
            try Cosimulation(path: folder.path)
        }
        let other = try Folder()
        try other.write(try SmallBackbone.make(seed: 2).encoded(), NetworkManifest.artifactName)
        #expect(throws: CosimulationError.self) { try Cosimulation(path: other.path) }
        try other.write([1, 2, 3], NetworkManifest.artifactName)
        #expect(throws: CosimulationError.self) { try Cosimulation(path: other.path) }
    }
}
