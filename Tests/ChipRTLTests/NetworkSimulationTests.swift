import ChipModel
import ChipRTL
import ClassifierHead
import HardenedBackbone
import Testing

/// The whole chip, image to class, against the specification and the cycle model.
@Suite(.disabled("passed before its last change; its time in CI is not measured yet"))
struct NetworkSimulationTests {
    @Test("64x64, one pixel a cycle: two images of one head, one of the next, to the byte and the cycle")
    func wholeNetwork() throws {
        let artifact = try ChipFixture.artifact(64)
        let rtl = try ChipFixture.network(artifact, cycles: 64 * 64)
        let report = try ChipFixture.simulator(rtl, images: 3, swapImage: 2).icarus()[0]
        #expect(report.isClean, "\(report.complaints)")
        #expect(report.summary["bytes"] == 3 * 1_280 && report.summary["logits"] == 18)
        #expect(report.summary["refused"] == 0)
        // What the bench compares with is the model's own latency and interval.
        let times = report.lines.filter { $0.hasPrefix("RESULT") }.map { line in
            Int(line.split(separator: " ")[10]) ?? -1
        }
        #expect(times == (0..<3).map { rtl.schedule.latency + $0 * 64 * 64 })
        let versions = report.lines.filter { $0.hasPrefix("RESULT") }.map { $0.split(separator: " ")[6] }
        #expect(versions == ["7", "7", "8"])
    }

    struct Shape: Sendable, CustomStringConvertible {
        let cycles, macs: Int
        var depth: [Int] = [3]
        var description: String { "\(cycles) cycles an image, \(macs) MACs, depth \(depth)" }
    }

    @Test(
        "Several lanes, narrow NPUs, mixed depths, stalls, a flood",
        arguments: [
            Shape(cycles: 48, macs: 1_280), Shape(cycles: 77, macs: 160, depth: [4, 3, 5]),
        ])
    func shapes(_ shape: Shape) throws {
        let artifact = try ChipFixture.artifact()
        var next = 0
        let depth = DepthPlan(artifact.network) { _ in
            next += 1
            return shape.depth[next % shape.depth.count]
        }
        let rtl = try ChipFixture.network(artifact, cycles: shape.cycles, depth: depth, macs: shape.macs)
        // With one head the first two images come at the planned pace; the slow NPU holds up nobody before.
        let reports = try ChipFixture.simulator(rtl, images: 2, swapImage: 2).icarus([
            [], ["+flood", "+stalls=4"],
        ])
        for report in reports { #expect(report.isClean, "\(report.complaints)") }
        #expect(reports[0].summary["refused"] == 0)
    }

    @Test("With one credit an image enters when the one before is scored; the lowest class wins ties")
    func oneCredit() throws {
        let artifact = try ChipFixture.artifact()
        let rtl = try ChipFixture.network(artifact, cycles: 48, macs: 320, credits: 1)
        let row = [Int8](repeating: 3, count: 1_280)
        let heads = try [[0, 5, 5, 1, 5, 2], [9, 9, 9, 9, 9, 9]].map { bias in
            try ClassifierHead(
                name: "ties", version: nil, classNames: (0..<6).map { "\($0)" }, featureCount: 1_280,
                weights: Array((0..<6).map { _ in row }.joined()), bias: bias, scale: 1,
                backboneDigest: artifact.digest, summary: "")
        }
        let report = try ChipFixture.simulator(rtl, images: 3, swapImage: 2, heads: heads).icarus([["+flood"]]
        )[0]
        #expect(report.isClean, "\(report.complaints)")
        let results = report.lines.filter { $0.hasPrefix("RESULT") }.map { $0.split(separator: " ") }
        let times = results.compactMap { Int($0[12]) }
        let service = try #require(rtl.npu).words
        // A flooding source fills the pipeline sooner than the planned pace, but one image at a time.
        #expect(times.count == 3 && times[1] - times[0] > service + 200)
        #expect(times[1] - times[0] <= rtl.schedule.latency + service)
        #expect(results.map { $0[4] } == ["1", "1", "0"])
    }

    struct Fault: Sendable, CustomStringConvertible {
        let description, file: String
        let changes: [(String, String)]
        var size = 32
        var cycles = 300
        var arguments = ["+flood"]
        var swapImage = 1
    }

    @Test(
        "Planted faults are seen",
        arguments: [
            Fault(
                description: "the banks swap a word late", file: "network/hs_npu.sv",
                changes: [("wire bank = active ^ swapped;", "wire bank = active;")]),
            Fault(
                description: "the banks swap behind the image, the version before it",
                file: "network/hs_npu.sv",
                changes: [
                    ("assign swapped = start & in_tag[64];", "assign swapped = departure & in_tag[64];"),
                    ("wire bank = active ^ swapped;", "wire bank = active;"),
                    (
                        "version1 <= swapped ? in_tag[63:32] : version;",
                        "version1 <= in_tag[64] ? in_tag[63:32] : version;"
                    ),
                ]),
            // The commit takes effect for the image that is in the pipeline: its logits are right for the version
            // that it is printed with.
            Fault(
                description: "the banks swap when the image enters", file: "network/hs_top.sv",
                changes: [
                    (
                        ".in_tag(scored_tag)",
                        ".in_tag({early, early ? version : scored_tag[63:32], scored_tag[31:0]})"
                    ),
                    (
                        "wire map_valid, map_last;",
                        """
                        wire map_valid, map_last;
                        reg early = 0; reg [31:0] version;
                        always @(posedge clk) begin
                          early <= (early & ~swapped) | (tag_valid & tag[64]);
                          if (tag_valid & tag[64]) version <= tag[63:32];
                        end
                        """
                    ),
                ], cycles: 1_024, arguments: ["+stalls=1"], swapImage: 2),
            Fault(
                description: "the pool forgets all pixels but the last", file: "network/hs_pool.sv",
                changes: [("(beat == 0) ?", "(beat == beat) ?")], size: 64, cycles: 64),
        ])
    func faults(_ fault: Fault) throws {
        let artifact = try ChipFixture.artifact(fault.size)
        let rtl = try ChipFixture.network(artifact, cycles: fault.cycles)
        var simulator = try ChipFixture.simulator(
            rtl, images: fault.size == 64 ? 1 : fault.swapImage + 1, swapImage: fault.swapImage)
        for (old, new) in fault.changes { try simulator.replace(old, by: new, in: fault.file) }
        #expect(try !simulator.icarus([fault.arguments])[0].isClean)
    }

    @Test("Without a fault, a commit that enters behind an image on its way is right")
    func noFault() throws {
        let rtl = try ChipFixture.network(try ChipFixture.artifact(), cycles: 1_024)
        let report = try ChipFixture.simulator(rtl, images: 3, swapImage: 2).icarus([["+stalls=1"]])[0]
        #expect(report.isClean, "\(report.complaints)")
    }

    @Test(
        "Yosys reads the subset and finds no multiplier outside of the NPU",
        .enabled(if: ChipFixture.hasYosys, "yosys is not installed"))
    func yosys() throws {
        let artifact = try ChipFixture.artifact()
        let rtl = try ChipFixture.block(artifact, cycles: 77, "stem", "b02.project")
        let text = try Simulator(rtl.allFiles(style: .simulation)).yosys(
            "hierarchy -check -top hs_block; proc; check -assert; select -assert-none t:$mul t:$div t:$mod; "
                + "select -assert-min 1 t:$add")
        #expect(!text.contains("ERROR"))
        // The NPU with a narrow unit, and everything around the backbone.
        let chip = try ChipFixture.network(artifact, cycles: 77, macs: 8)
        let around = chip.files.filter {
            !$0.name.contains("hs_stage") && !$0.name.contains("hs_backbone") && !$0.name.contains("hs_top")
        }
        _ = try Simulator(around).yosys(
            "proc; check -assert; select -assert-count 8 hs_npu/t:$mul; select -assert-count 8 t:$mul")
    }
}
