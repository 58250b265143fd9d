import ChipFlow
import ChipModel
import ChipTools
import Foundation
import HardenedBackbone
import TestSupport
import Testing

/// Energy end to end: a small artefact through Yosys, Icarus and OpenSTA.
@Suite(.serialized) struct EnergyMeterTests {
    private static let hasTools =
        [ExternalTool.yosys, .iverilog, .vvp, .openSTA].allSatisfy { (try? $0.locate()) != nil }
    private static let data = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    private static let tiny = data.appendingPathComponent("../ChipToolsTests/Golden/tiny.lib")
        .standardizedFileURL.path
    private static let asap7 = data.appendingPathComponent(
        "../../../shared/data/asap7/lib/asap7sc7p5t_subset_RVT_TT_nldm.lib.gz"
    ).standardizedFileURL.path

    private func energies(
        _ layers: [String],
        liberty: String,
        flat: Bool = false,
        earlyCut: Int? = nil
    ) throws -> [NeuronEnergy] {
        let artifact = try SmallBackbone.make(seed: 11)
        let network = artifact.network
        let design = NetworkSynthesis.Design(
            artifact: artifact, depth: .uniform(3, of: network), cut: .byFanIn, earlyCutRows: earlyCut,
            sharesPairs: false,
            layers: network.layers.indices.filter { layers.contains(network.layers[$0].name) },
            generator: "test")
        let tools = try SynthesisTools(
            [try LibertyLibrary(path: liberty)], excluding: [NamePattern("DFFHQx4*")], yosys: nil)
        let meter = try EnergyMeter(design, tools: tools, pixels: 64, opensta: nil, timeLimit: 300)
        let folder = NSTemporaryDirectory() + "hashiflex-energy-test-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let picture =
            flat
            ? [UInt8](repeating: 120, count: network.imageBytes)
            : SmallBackbone.photograph(2, bytes: network.imageBytes)
        var seen = 0
        let results = try meter.run(image: picture, folder: folder) { _ in seen += 1 }
        #expect(seen == results.count && results.map(\.layer) == layers)
        return results
    }

    @Test(
        "Every kind of layer toggles and takes energy, and gives the picture's bytes with delays",
        .enabled(
            if: hasTools && FileManager.default.fileExists(atPath: asap7),
            "needs Yosys, Icarus, OpenSTA and ../shared/data/asap7"))
    func kinds() throws {
        let results = try energies(
            ["stem", "b00.depthwise", "b01.expand", "b02.project", "b16.project"], liberty: Self.asap7)
        for result in results {
            // 64 vectors, and the picture: up to 64 pixels and those in front of them.
            #expect(result.comparedBytes >= 64 + result.pixels && result.pixels <= 64)
            // ASAP7 (predictive): `seven-nm.md`, 2.3 has 13.0 to 13.3 fJ from fan-in 32 on; small neurons have
            // more half adders and rounding a weight.
            #expect((9...20).contains(result.energyAtHalf), "\(result)")
            guard result.layerPixels > 1 else {
                #expect(result.meanToggles == nil && result.energy == nil && result.imageEnergy == nil)
                continue
            }
            let (toggles, energy) = (try #require(result.meanToggles), try #require(result.energy))
            #expect((0.02...2).contains(toggles), "\(result)")
            #expect(abs(energy - result.energyAtHalf * 2 * toggles) < 1e-9)
            let places = Double(result.layerWeights * result.layerPixels)
            #expect(abs(try #require(result.imageEnergy) - energy * places * 1e-6) < 1e-9)
        }
    }

    @Test(
        "A picture of one colour hardly toggles",
        .enabled(
            if: hasTools && FileManager.default.fileExists(atPath: asap7),
            "needs Yosys, Icarus, OpenSTA and ../shared/data/asap7"))
    func flatPicture() throws {
        let flat = try energies(["stem"], liberty: Self.asap7, flat: true, earlyCut: 19)
        let photograph = try energies(["stem"], liberty: Self.asap7, earlyCut: 19)
        // Borders of the picture are all that changes.
        #expect(try #require(flat[0].meanToggles) < 0.3 * (try #require(photograph[0].meanToggles)))
        #expect(flat[0].energyAtHalf == photograph[0].energyAtHalf)
    }

    @Test(
        "A library without power is said to have none", .enabled(if: hasTools, "needs Yosys, Icarus, OpenSTA")
    )
    func noPower() throws {
        // Everything before OpenSTA's figure goes its way through the invented library.
        #expect(throws: EnergyError.noPower(layer: "b01.expand")) {
            try energies(["b01.expand"], liberty: Self.tiny)
        }
    }

    @Test("Gates are counted, flip-flops, ports and constants are not")
    func toggles() throws {
        let library = try LibertyLibrary(path: Self.tiny)
        let activity = SwitchingActivity(
            tallies: [
                .init(cell: "TINY_FA", pin: "CON"): .init(nets: 2, toggles: 10),
                .init(cell: "TINY_FA", pin: "SN"): .init(nets: 2, toggles: 30),
                .init(cell: "TINY_INV", pin: "Y"): .init(nets: 1, toggles: 5),
                .init(cell: "TINY_DFFN", pin: "QN"): .init(nets: 3, toggles: 600),
                .init(cell: "TINY_TIE1", pin: "H"): .init(nets: 1, toggles: 0),
                .init(cell: "", pin: ""): .init(nets: 3, toggles: 1000),
            ], cycles: 10, missingNets: 0)
        let toggles = GateToggles(activity, libraries: [library])
        #expect(toggles.carry == 0.5 && toggles.sum == 1.5 && toggles.mean == 0.9)
        let none = GateToggles(
            SwitchingActivity(tallies: [:], cycles: 0, missingNets: 0), libraries: [library])
        #expect(none.carry == nil && none.mean == 0)
    }
}
