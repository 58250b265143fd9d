import Foundation
import HardenedBackbone
import TestSupport
import Testing

/// `chip twin`, `chip trace` and the coordinator's twin, on a live fleet and without one.
@Suite(.serialized) struct ChipTwinTests {
    private struct View: Decodable {
        struct Measured: Decodable { let source: String, images_per_second: Double, workers: Int? }
        struct Chip: Decodable { let images_per_second: Double, bottleneck: String }
        struct Modelled: Decodable { let chip: Chip, head_frozen: Chip? }
        let backbone: String
        let measured: Measured
        let modelled: Modelled
        let chips: Double
    }

    private func view(_ line: String) throws -> View {
        try JSONDecoder().decode(View.self, from: Data(line.utf8))
    }

    @Test func aGivenRateIsWorthAFractionOfAChip() throws {
        // A small backbone: its adders are counted in no time, and the NPU is the same.
        let folder = try TemporaryFolder()
        let model = folder.file("backbone.safetensors")
        try Data(SmallBackbone.make().encoded()).write(to: URL(fileURLWithPath: model))
        let outcome = try Program.run(["chip", "twin", model, "--measured", "3627.5", "--json"])
        #expect(outcome.code == 0, "\(outcome.errors)")
        let view = try view(outcome.output)
        #expect(view.measured.source == "given" && view.measured.workers == nil)
        // 1,000 classes of 1,280 features on 1,729 MACs at 896 MHz; the same is not to be asked of the backbone.
        #expect(abs(view.modelled.chip.images_per_second - 896e6 / 741) < 1e-3)
        #expect(view.modelled.chip.bottleneck == "npu")
        #expect(try #require(view.modelled.head_frozen).images_per_second > 1.3e6)
        #expect(abs(view.chips - 0.003) < 1e-5)
        let text = try Program.run(["chip", "twin", model, "--measured", "3627.5"])
        #expect(text.output.contains("this fleet is worth 0.003 chips"), "\(text.output)")
        #expect(text.output.contains("measured, given") && text.output.contains("modelled, one chip"))
        #expect(text.lines.allSatisfy { $0.count <= 110 })
    }

    @Test func aChipThatCanNotBeBuiltIsRefused() throws {
        for (arguments, says) in [
            (["--clock", "9000"], "not 9,000"), (["--cycles", "1"], "--cycles is"),
            (["--head", "builtin:v1", "--classes", "7"], "not both"),
        ] {
            let outcome = try Program.run(["chip", "twin", "--measured", "1"] + arguments)
            #expect(outcome.code == 64 && outcome.errors.contains(says), "\(outcome.errors)")
        }
        let nobody = try Program.run(["chip", "twin", "--brokers", "127.0.0.1:1", "--once"], seconds: 60)
        #expect(nobody.code == 69, "\(nobody.errors)")
    }

    @Test func aLiveFleetIsShownBesideItsChipAndRecorded() throws {
        // The adders of a small backbone are counted in no time.
        let model = try QuickModel(tenClassesOnly: true)
        let deployment = try Deployment(workers: 1, model: model)
        let empty = try deployment.run("chip", "trace", "-o", "/dev/null", "--stored", "--seconds", "20")
        #expect(empty.code == 75 && empty.errors.contains("no image arrived"), "\(empty.errors)")
        try deployment.push(model.heads[0])
        let coordinator = try deployment.start(
            "coordinator", "--chip", model.path, "--chip-preset", "classes")
        deployment.coordinator.crash()
        try deployment.succeed("ingest", "--images", "64", "--encoding", "tensors", "--size", "32")
        #expect(try deployment.waitForPredictions(64).images == 64)

        let view = try view(try deployment.succeed("chip", "twin", model.path, "--once", "--json").output)
        #expect(view.measured.source == "heartbeats" && view.measured.workers == 1)
        #expect(view.measured.images_per_second >= 0)
        let live = try deployment.succeed(
            "chip", "twin", model.path, "--count", "2", "--interval", "0.2", "--json")
        #expect(live.lines.count == 2)

        // Another artefact than the fleet's: the built-in one, where none is named.
        let refused = try deployment.run("chip", "twin", "--once")
        #expect(refused.code == 76 && refused.errors.contains("the fleet runs backbone"), "\(refused.errors)")

        let folder = try TemporaryFolder()
        let trace = folder.file("trace.csv")
        let recorded = try deployment.succeed("chip", "trace", "-o", trace, "--stored")
        #expect(recorded.output.hasPrefix("64 arrivals of "), "\(recorded.output)")
        #expect(recorded.output.contains("head markers, 0 unreadable records, 0 records without a time"))
        #expect(!recorded.output.contains("skipped 0 head markers"), "\(recorded.output)")
        let played = try Program.run(["chip", "simulate", "--arrivals", trace, "--json"])
        #expect(played.code == 0 && played.output.contains("\"images\":64"), "\(played.errors)")

        // The coordinator that was told the artefact says so in its heartbeat, and top shows it.
        let isShown = try eventually(seconds: 30) {
            try deployment.run("top", "--count", "1", "--interval", "2").output.contains("; modelled ")
        }
        #expect(isShown, "\(coordinator.text)")
        let status = try deployment.run("fleet", "status", "--json").lines
        let heartbeat = try #require(status.first { $0.contains("coordinator-status/1") })
        #expect(heartbeat.contains("\"modelled_images_per_second\":121") && heartbeat.contains(view.backbone))
    }
}
