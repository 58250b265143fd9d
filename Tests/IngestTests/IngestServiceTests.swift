import ImageDecoding
import Ingest
import Kafka
import PipelineMessages
import Synchronization
import Testing
import TestSupport
import Threads

/// The service on an embedded broker that refuses or falls silent.
@Suite struct IngestServiceTests {
    @Test func whatIsSentIsConfirmedAndCounted() throws {
        let deployment = try IngestDeployment()
        let service = try deployment.service(streams: ["a", "b"]) { _, count in count < 5 }
        let summary = try service.run()
        #expect(summary.images == 10 && summary.shards == 10)
        #expect(summary.bytes > 10 * 1_000 && summary.unreadable == 0 && summary.picturesSeen == 10)
        #expect(summary == service.summary)
    }

    /// The share of a picture that takes more than there is is all there is.
    @Test func picturesAreDecodedWithinTheMemoryOfAllStreams() throws {
        let (deployment, picture) = (try IngestDeployment(), try LargePicture.file())
        let service = try deployment.service(streams: ["a", "b"], decodeBytesMax: 5 << 20, picture: picture) {
            $1 < 2
        }
        let summary = try service.run()
        #expect(summary.images == 4 && service.decodeBytesHighest == 5 << 20)
    }

    @Test func aStopWhileTheBrokerAnswersConfirmsWhatWasSent() throws {
        let deployment = try IngestDeployment()
        let isRunning = Signal()
        let service = try deployment.service(streams: ["a"]) { _, count in
            if count == 3 { isRunning.set() }
            return true
        }
        let run = BackgroundIngest(service)
        isRunning.wait()
        service.requestStop()
        let summary = try run.result()
        #expect(summary.shards > 0 && summary.images == summary.shards)
    }

    @Test func aShardThatTheClientLibraryRefusesEndsTheIngestWithThatError() throws {
        let deployment = try IngestDeployment()
        // Below one noisy tensor: the library says so at once, and no delivery report follows.
        deployment.set("message.max.bytes", "1000")
        let service = try deployment.service(streams: ["a", "b"]) { _, _ in true }
        let error = #expect(throws: KafkaError.self) { try service.run() }
        #expect(error?.code == KafkaError.Code.messageTooLarge)
        #expect(
            error?.message.contains("; images: 0 confirmed, ") == true
                && error?.message.contains(" from image 1 on") == true, "\(String(describing: error))")
        #expect(service.summary.shards == 0)
    }

    /// A stream that gives nothing offers nothing, and is ended by what happened to the other one.
    @Test(.timeLimit(.minutes(1))) func aFailureEndsAStreamThatWaitsForItsSource() throws {
        let deployment = try IngestDeployment()
        deployment.set("message.max.bytes", "1000")
        let service = try deployment.service(streams: ["a", SilentSource.stream]) { _, _ in true }
        let error = #expect(throws: KafkaError.self) { try service.run() }
        #expect(error?.code == KafkaError.Code.messageTooLarge)
    }

    /// A pipe is waited for already when it is opened.
    @Test func aStopWhileASourceIsOpenedIsNoFailure() throws {
        let deployment = try IngestDeployment()
        let service = try deployment.service(streams: ["a", SlowOpening.stream]) { _, count in count < 3 }
        let run = BackgroundIngest(service)
        let pause = Signal()
        while service.summary.images < 3 { pause.wait(milliseconds: 5) }
        service.requestStop()
        let summary = try run.result()
        #expect(summary.images == 3)
        #expect(service.account == "images: 3 confirmed, 0 not; shards: 3 confirmed, 0 not")
    }

    @Test func aStreamWhoseSourceHearsNothingIsLeftBehindAtAStop() throws {
        let deployment = try IngestDeployment()
        let isOver = Signal()
        let isStuck = Signal()
        let service = try deployment.service(streams: ["deaf"], stopMs: 300) { _, count in
            guard count == 2 else { return true }
            isStuck.set()
            isOver.wait()
            return false
        }
        let run = BackgroundIngest(service)
        isStuck.wait()
        while service.summary.images < 2 { isOver.wait(milliseconds: 5) }
        service.requestStop()
        let summary = try run.result()
        #expect(summary.images == 2, "what it gave before is confirmed")
        isOver.set()
    }

    @Test func whatWaitsForItsShardIsSentAtAStopThoughTheSourceHearsNothing() throws {
        let deployment = try IngestDeployment()
        let isOver = Signal()
        defer { isOver.set() }
        let isStuck = Signal()
        let service = try deployment.service(
            streams: ["deaf"], stopMs: 2_000, shardImages: 4, lingerMs: 60_000
        ) { _, count in
            guard count == 2 else { return true }
            isStuck.set()
            isOver.wait()
            return false
        }
        let run = BackgroundIngest(service)
        isStuck.wait()
        service.requestStop()
        let summary = try run.result()
        #expect(summary.images == 2)
    }

    /// Nobody could read it again from a pipe.
    @Test func whatIsNotYetDueIsNotRead() throws {
        let deployment = try IngestDeployment()
        let reads = Mutex(0)
        let service = try deployment.service(streams: ["a"], fps: 0.02) { _, _ in
            reads.withLock { $0 += 1 }
            return true
        }
        let run = BackgroundIngest(service)
        let pause = Signal()
        while service.summary.images < 1 { pause.wait(milliseconds: 5) }
        service.requestStop()
        #expect(try run.result().images == 1)
        #expect(reads.withLock { $0 } == 1)
    }

    @Test func aStopWhileTheClientsQueueIsFullEndsTheIngestAndSaysWhatIsConfirmed() throws {
        let deployment = try IngestDeployment()
        deployment.set("queue.buffering.max.messages", "1")
        let isBlocked = Signal()
        let confirmed = Mutex<IngestService?>(nil)
        let service = try deployment.service(streams: ["a"]) { broker, count in
            if count == 2 {
                // Two are on their way; nothing is confirmed any more from here on.
                while confirmed.withLock({ $0?.summary.shards }) != 2 { isBlocked.wait(milliseconds: 2) }
                do { try broker.setDown() } catch { Issue.record(error) }
            }
            // Two more shards were taken, two images wait to be packed, and this one has no room.
            if count == 6 { isBlocked.set() }
            return true
        }
        confirmed.withLock { $0 = service }
        let run = BackgroundIngest(service)
        isBlocked.wait()
        service.requestStop()
        let error = #expect(throws: IngestStopped.self) { try run.result() }
        let account =
            "images: 2 confirmed, 5 not; shards: 2 confirmed, 2 not; send again: stream a from image 3 on"
        #expect(
            error?.description == "stopped: the broker has confirmed nothing for 5 s; \(account)",
            "\(String(describing: error))")
        #expect(service.account == account)
        confirmed.withLock { $0 = nil }
    }
}
