import Foundation
import Testing

/// Head cut-overs over real processes.
@Suite(.serialized) struct CutoverTests {
    /// Who does what when:
    ///
    /// | stream | fleet |
    /// | --- | --- |
    /// | runs | one worker, head v1 |
    /// | runs | push v2 begins, a second worker joins |
    /// | runs | the first worker is killed: the second takes partitions over, some between marker and commit |
    /// | ends | every stamp agrees with the markers |
    @Test func lateJoinerAndTakeoverInTheMiddleOfACutoverUseTheRightHead() throws {
        let deployment = try Deployment(workers: 1)
        try deployment.push("builtin:v1")
        let ingest = try deployment.start("ingest", "--repeat", "6", "--fps", "600", "--shard-images", "4")
        usleep(1_500_000)
        let second = try deployment.start("worker", "--name", "late", "--replicas", "1")
        try deployment.push("builtin:v2", "--deadline", "40")
        usleep(300_000)
        let first = try deployment.workers().first { $0.worker == "fleet-1" }
        kill(try #require(first).pid, SIGKILL)
        try deployment.push("builtin:v1", "--deadline", "40")
        #expect(eventually(seconds: 60) { !ingest.isRunning })
        let count = try deployment.waitForPredictions(6_000)
        #expect(count.images == 6_000)
        #expect(count.differing == 0)
        let audit = try deployment.run("audit", "--images", "6000")
        #expect(audit.code == 0, "\(audit.output)")
        let heads = Set(
            try deployment.succeed("predictions", "--format", "csv").lines.dropFirst()
                .compactMap {
                    $0.split(separator: ",", omittingEmptySubsequences: false)[safe: 8].map(String.init)
                })
        #expect(heads == ["fashion@v1", "fashion@v2"])
        #expect(second.finish() == 0)
    }

    @Test func refusedHeadIsSwitchedOnNowhereAndSaysWhy() throws {
        let deployment = try Deployment(workers: 2)
        try deployment.push("builtin:v1")
        let folder = try TemporaryFolder()
        // A head of another backbone: 64 features instead of 1,280 would not even parse as fitting.
        let foreign = folder.file("foreign.safetensors")
        try ForeignHead.write(to: foreign)
        let refused = try deployment.run("head", "push", foreign, "--as", "foreign@v1")
        #expect(refused.code == 76)
        #expect(refused.errors.contains("fleet-1:") || refused.errors.contains("fleet-2:"))
        #expect(refused.errors.contains("backbone"), "\(refused.errors)")
        try deployment.succeed("ingest", "--images", "200")
        let count = try deployment.waitForPredictions(200)
        #expect(count.images == 200)
        let listing = try deployment.succeed("predictions")
        #expect(listing.lines.count == 200)
        #expect(listing.lines.allSatisfy { $0.contains("\"head_name\":\"fashion@v1\"") })
        #expect(try deployment.succeed("head", "status").output.contains(": aborted"))
    }

    @Test func rollbackReturnsToTheEarlierHeadAtNewOffsets() throws {
        let deployment = try Deployment(workers: 1)
        try deployment.push("builtin:v1")
        try deployment.push("builtin:v2")
        let rolled = try deployment.succeed("head", "rollback")
        #expect(rolled.output.contains("fashion@v1 in force for default"))
        try deployment.succeed("ingest", "--images", "100")
        _ = try deployment.waitForPredictions(100)
        let lines = try deployment.succeed("predictions").lines
        #expect(lines.count == 100)
        #expect(lines.allSatisfy { $0.contains("\"head_name\":\"fashion@v1\"") })
        #expect(try deployment.run("head", "rollback", "--to", "fashion@v9").code == 65)
    }

    @Test func streamWithAHeadOfItsOwnLeavesOtherStreamsAlone() throws {
        let deployment = try Deployment(workers: 1)
        try deployment.push("builtin:v1")
        try deployment.push("builtin:v2", "--stream", "b")
        let folder = try TemporaryFolder()
        let sample = folder.file("sample.tar")
        try FileManager.default.copyItem(atPath: SampleTar.path, toPath: sample)
        try deployment.succeed("ingest", "a=\(sample)", "b=\(sample)", "--images", "150")
        let count = try deployment.waitForPredictions(300)
        #expect(count.images == 300)
        for (stream, head) in [("a", "fashion@v1"), ("b", "fashion@v2")] {
            let lines = try deployment.succeed("predictions", "--stream", stream).lines
            #expect(lines.count == 150)
            #expect(lines.allSatisfy { $0.contains("\"head_name\":\"\(head)\"") }, "stream \(stream)")
        }
        #expect(try deployment.run("audit", "--images", "300").code == 0)
    }

    @Test func shardsWaitForAFirstHeadAndAreNotLost() throws {
        let deployment = try Deployment(workers: 1)
        try deployment.succeed("ingest", "--images", "100")
        let waits = try eventually(seconds: 20) {
            try deployment.workers().contains {
                $0.partitions.contains { $0.blocked?.contains("no head") == true }
            }
        }
        #expect(waits, "no partition says that it waits for a head")
        try deployment.push("builtin:v2")
        #expect(try deployment.waitForPredictions(100).images == 100)
        #expect(try deployment.run("audit", "--images", "100").code == 0)
    }
}

extension Array {
    /// The element, if there is one.
    subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
