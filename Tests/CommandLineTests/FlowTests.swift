import Foundation
import Testing

/// What a user does in the first hour, command by command.
@Suite(.serialized) struct FlowTests {
    @Test func sourcesOfEveryKindBecomePredictionsThatReplay() throws {
        let deployment = try Deployment(workers: 1)
        try deployment.push("builtin:v2")
        let folder = try TemporaryFolder()
        // A tar, a folder of files taken from it, raw frames on standard input.
        try deployment.succeed("ingest", "tar=\(SampleTar.path)", "--images", "40")
        let images = folder.file("images")
        try FileManager.default.createDirectory(atPath: images, withIntermediateDirectories: true)
        _ = try Program.run(
            ["-C", images, "--strip-components=1", "-xf", SampleTar.path], executable: "/usr/bin/tar")
        try deployment.succeed("ingest", "folder=\(images)", "--images", "40", "--encoding", "tensors")
        let frames = Data((0..<(3 * 64 * 48 * 3)).map { UInt8(truncatingIfNeeded: $0 &* 31) })
        let camera = try deployment.succeed(
            "ingest", "-", "--raw", "64x48", "--stream", "cam", input: frames)
        #expect(camera.output.hasPrefix("3 images in 1 shards"), "\(camera.output)\(camera.errors)")
        try deployment.succeed(
            "ingest", "idx=/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz", "--images", "40")
        #expect(try deployment.waitForPredictions(123).images == 123)
        let lines = try deployment.succeed("predictions").lines
        for stream in ["tar", "folder", "cam", "idx"] {
            let line = try #require(lines.first { $0.contains("\"stream\":\"\(stream)\"") }, "no \(stream)")
            let record = try #require(
                try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            let address =
                "\(record["topic"] ?? "")/\(record["partition"] ?? "")@\(record["offset"] ?? "")#\(record["index"] ?? "")"
            let replay = try deployment.run("replay", address)
            #expect(replay.code == 0, "\(replay.output)\(replay.errors)")
            #expect(replay.output.hasPrefix("MATCH"))
        }
        let csv = try deployment.succeed("predictions", "--format", "csv", "--limit", "5").lines
        #expect(csv.count == 6)
        #expect(csv[0].hasPrefix("address,stream,"))
        #expect(try deployment.run("doctor").code == 0)
        #expect(try deployment.succeed("top", "--count", "1").output.contains("images/s"))
        #expect(try deployment.succeed("topics", "create").output.contains("exists"))
    }

    @Test func scalingAndDrainingChangeNothingAboutTheImages() throws {
        let deployment = try Deployment(workers: 1)
        try deployment.push("builtin:v2")
        let ingest = try deployment.start("ingest", "--repeat", "6", "--fps", "500")
        try deployment.succeed("fleet", "scale", "3")
        try deployment.waitForWorkers(3)
        try deployment.succeed("fleet", "drain", "--worker", "fleet-2")
        let gone = try eventually(seconds: 30) {
            try !deployment.workers().contains { $0.worker == "fleet-2" }
        }
        #expect(gone, "fleet-2 did not drain")
        #expect(eventually(seconds: 60) { !ingest.isRunning })
        let count = try deployment.waitForPredictions(6_000)
        #expect(count.images == 6_000)
        #expect(count.differing == 0)
        #expect(try deployment.run("audit", "--images", "6000").code == 0)
        let fleet = try #require(deployment.fleet)
        try deployment.succeed("fleet", "drain")
        #expect(eventually(seconds: 45) { !fleet.isRunning }, "the fleet did not drain")
    }

    @Test func ingestTenTimesFasterThanTheFleetIsPacedAndLosesNothing() throws {
        let deployment = try Deployment(workers: 1)
        try deployment.push("builtin:v2")
        // Tensors of noise: 27,648 bytes an image that do not shrink, 5,000 of them are 138 MB.
        var state: UInt64 = 1
        let frames = Data(
            (0..<(50 * 96 * 96 * 3)).map { _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return UInt8(truncatingIfNeeded: state >> 56)
            })
        let many = (0..<100).reduce(into: Data()) { data, _ in data.append(frames) }
        let summary = try deployment.succeed(
            "ingest", "-", "--raw", "96x96", "--stream", "noise", "--json", input: many)
        #expect(summary.output.contains("\"images\":5000"))
        let peak = try deployment.workers().map(\.residentBytes).max() ?? 0
        print("worker memory under overload: \(peak / 1_000_000) MB resident")
        let count = try deployment.waitForPredictions(5_000)
        #expect(count.images == 5_000)
        #expect(try deployment.run("audit", "--images", "5000").code == 0)
    }
}
