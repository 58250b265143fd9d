import Foundation
import Testing

/// A broker that answers nothing any more and closes nothing, as seen by an ingest: its process is frozen.
@Suite(.serialized, .timeLimit(.minutes(2))) struct IngestOutageTests {
    /// One stream has images, the other is a pipe that gives nothing.
    @Test func silenceIsSaidAndTheFirstSignalEndsItWithAnAccount() throws {
        let broker = try Background(["broker", "--private"])
        #expect(eventually(seconds: 30) { broker.text.contains("127.0.0.1:") })
        let address = try #require(broker.text.split(separator: "\n").first.map(String.init))
        let folder = try TemporaryFolder()
        let pipe = folder.file("pipe")
        try #require(mkfifo(pipe, 0o600) == 0)
        let writer = open(pipe, O_RDWR)
        defer { close(writer) }
        // Nobody answers at port 1: this one never gets so far as to read.
        let early = try Background(
            ["ingest", SampleTar.path, "--size", "32", "--brokers", "127.0.0.1:1", "--wait", "600"])
        let ingest = try Background(
            [
                "ingest", "tar=\(SampleTar.path)", "cam=\(pipe)", "--fps", "20", "--shard-images", "4",
                "--size", "32", "--brokers", address,
            ])
        let first = try Program.run(
            ["-C", "-b", address, "-t", "hashiflex.shards", "-o", "beginning", "-c", "1", "-q"],
            executable: "/usr/bin/kcat", seconds: 30)
        #expect(first.code == 0, "\(first.errors)\(ingest.text)")

        kill(broker.pid, SIGSTOP)
        let isSaid = eventually(seconds: 20) {
            ingest.text.contains("ingest: no acknowledgement from the broker for 5 s: ")
        }
        #expect(isSaid && ingest.text.contains(" MB) wait for the link"), "\(ingest.text)")
        #expect(early.finish(seconds: 10) == 75)
        #expect(early.text.contains("stopped before anything was sent"), "\(early.text)")
        kill(broker.pid, SIGCONT)
        #expect(
            eventually(seconds: 20) { ingest.text.contains("ingest: acknowledged again after ") },
            "\(ingest.text)")

        kill(broker.pid, SIGSTOP)
        usleep(600_000)
        let begin = Date()
        #expect(ingest.finish(seconds: 20) == 75, "\(ingest.text)")
        let seconds = Date().timeIntervalSince(begin)
        #expect(seconds < 10, "\(seconds)")
        let last = ingest.text.split(separator: "\n").last.map(String.init) ?? ""
        let parts = last.wholeMatch(
            of:
                /hashiflex: stopped: .*; images: (\d+) confirmed, (\d+) not; shards: \d+ confirmed, \d+ not; (.*)/
        )
        let found = try #require(parts, "\(ingest.text)")
        #expect((Int(found.1) ?? 0) > 0 && (Int(found.2) ?? 0) > 0, "\(last)")
        #expect(found.3.hasPrefix("send again: stream tar from image "), "\(last)")
    }
}
