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

    /// A library before 2.3.0 makes the producer useless by that answer; later ones go on by themselves.
    @Test(.timeLimit(.minutes(2))) func aProducerThatLostCountIsMadeAnewAndNothingIsLostOrDoubled() throws {
        let deployment = try IngestDeployment()
        let lines = Mutex<[String]>([])
        let service = try deployment.service(
            streams: ["a", "b"], log: { line in lines.withLock { $0.append(line) } }
        ) { broker, count in
            if count == 5 {
                do {
                    try broker.pushRequestErrors(.produce, codes: [KafkaError.Code.outOfOrderSequence])
                } catch { Issue.record(error) }
            }
            return count < 20
        }
        let summary = try service.run()
        #expect(summary.images == 40 && summary.shards == 40)
        let found = try deployment.shards(40)
        #expect(found.count == 40 && Set(found).count == 40)
        let said = lines.withLock { $0 }
        let isOld = LibraryVersion.rdkafkaNumber < 0x0203_00ff
        #expect(said.contains { $0.contains("lost count of what it sent") } == isOld, "\(said)")
        #expect(said.contains { $0.contains("are written again") } == isOld, "\(said)")
    }

    @Test func whatIsThereIsFoundByItsBytesFromWhereItCanBe() throws {
        let deployment = try IngestDeployment()
        let values: [[UInt8]] = [[1, 2, 3], [4], [1, 2, 4], [5, 6], [4, 4]]
        try deployment.write(values)
        func search(_ values: [[UInt8]], partition: Int32 = 0, from begin: Int64) throws -> [UInt64: Int64] {
            var search = ShardSearch(try deployment.options(), begins: [partition: begin])
            let open = values.enumerated().map {
                (UInt64($0.offset), UnansweredShard(partition: partition, stream: "a", bytes: $0.element))
            }
            return try search.find(
                Dictionary(uniqueKeysWithValues: open), until: Signal(), deadlineMs: Clock.steadyMs + 20_000)
        }
        #expect(try search([[1, 2, 4], [9], [4, 4], [4, 5]], from: 0) == [0: 2, 2: 4])
        #expect(try search([[1, 2, 3], [4, 4]], from: 1) == [1: 4], "below it there is nothing of ours")
        #expect(try search([[4, 4]], from: 5).isEmpty)
        #expect(try search([[1, 2, 3]], partition: 1, from: 0).isEmpty)
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

/// A deployment of one shard topic.
private final class IngestDeployment {
    private let topics = TopicNames.standard
    private let broker: EmbeddedBroker
    private var kafka: KafkaConfiguration

    init() throws {
        broker = try EmbeddedBroker(topics: [(topics.shards, 3)])
        kafka = broker.configuration
    }

    func set(_ property: String, _ value: String) { kafka.set(property, value) }

    /// Sends noise, an image a shard, as long as `goOn` says so; it is told the number of images so far.
    func service(
        streams: [String], stopMs: Int64? = nil, decodeBytesMax: Int? = nil, picture: [UInt8]? = nil,
        log: @escaping @Sendable (String) -> Void = { Issue.record("\($0)") },
        goOn: @escaping @Sendable (EmbeddedBroker, Int) -> Bool
    ) throws -> IngestService {
        var options = try self.options()
        options.shardImages = 1
        options.encoding = .tensors
        if let stopMs { options.stopMs = stopMs }
        if let decodeBytesMax { options.decodeBytesMax = decodeBytesMax }
        let sources = streams.map { name in
            IngestService.Stream(name: name) { [broker] isStopped in
                if name == SilentSource.stream { return SilentSource(isStopped: isStopped) }
                if name == SlowOpening.stream { try SlowOpening.wait(isStopped) }
                return NoiseSource(isStopped: isStopped, picture: picture) { goOn(broker, $0) }
            }
        }
        return IngestService(options, streams: sources, log: log)
    }

    func options() throws -> IngestOptions {
        IngestOptions(
            kafka: kafka, topics: topics, preparation: try TensorPreparation(.builtIn, size: 32))
    }

    /// Writes records of these values into partition 0, by another hand.
    func write(_ values: [[UInt8]]) throws {
        let producer = try KafkaProducer(kafka)
        for value in values { try producer.produce(topic: topics.shards, partition: 0, value: value) }
        #expect(producer.flush(timeoutMs: 10_000) == 0)
    }

    /// All that is in the topic, as soon as so many records are there and no more come for a while.
    func shards(_ count: Int) throws -> [[UInt8]] {
        let reader = try KafkaConsumer(
            kafka, groupID: nil, options: ConsumerOptions(offsetReset: .error))
        defer { reader.close() }
        try reader.assign((0..<3).map { (TopicPartition(topic: topics.shards, partition: $0), .offset(0)) })
        var found: [[UInt8]] = []
        var idle = 0
        while idle < (found.count < count ? 100 : 5) {
            if case .message(let message) = reader.poll(timeoutMs: 100) {
                found.append(message.payload)
                idle = 0
            } else {
                idle += 1
            }
        }
        return found
    }
}

/// A picture that is decoded only when there is room.
private enum LargePicture {
    /// 1,300 x 1,300, in several scans: 5 MB, and its coefficients beside it.
    static func file() throws -> [UInt8] {
        let side = 1_300
        let row = (0..<side * 3).map { UInt8(truncatingIfNeeded: $0 / 24) }
        let bytes = Array(repeatElement(row, count: side).joined())
        let image = RGBImage(width: side, height: side, bytes: bytes)
        return try ImageEncoder.jpeg(image, options: .init(quality: 50, progressive: true))
    }
}

/// Endless noise of 32x32, or one picture again and again.
private struct NoiseSource: ImageSource {
    let isStopped: StopCheck
    let goOn: @Sendable (Int) -> Bool
    private let picture: [UInt8]?
    private var count = 0
    private var random = SeededRandom(seed: 1)

    init(isStopped: @escaping StopCheck, picture: [UInt8]?, goOn: @escaping @Sendable (Int) -> Bool) {
        self.isStopped = isStopped
        self.picture = picture
        self.goOn = goOn
    }

    var summary: String { "noise" }
    var classNames: [String]? { nil }

    mutating func next() throws(SourceError) -> SourceOutcome? {
        guard !isStopped(), goOn(count) else { return nil }
        count += 1
        if let picture { return .image(SourceImage(id: "\(count)", content: .encoded(picture, .jpeg))) }
        let pixels = RGBImage(width: 32, height: 32, bytes: random.bytes(32 * 32 * 3))
        return .image(SourceImage(id: "\(count)", content: .pixels(pixels)))
    }
}

/// Gives nothing, and ends when it is stopped.
private struct SilentSource: ImageSource {
    /// The stream that reads it.
    static let stream = "silent"
    let isStopped: StopCheck

    var summary: String { "silence" }
    var classNames: [String]? { nil }

    mutating func next() throws(SourceError) -> SourceOutcome? {
        let pause = Signal()
        while !isStopped() { pause.wait(milliseconds: 5) }
        return nil
    }
}

/// Gives no first byte until it is stopped.
private enum SlowOpening {
    /// The stream that reads it.
    static let stream = "pipe"

    static func wait(_ isStopped: StopCheck) throws(SourceError) {
        let pause = Signal()
        while !isStopped() { pause.wait(milliseconds: 5) }
        throw .stopped
    }
}

/// A run on a thread of its own.
private final class BackgroundIngest: Sendable {
    private let outcome = Mutex<Result<IngestSummary, any Error>?>(nil)
    private let ended = Signal()

    init(_ service: IngestService) {
        _ = PlatformThread("ingest") { [self] in
            let result = Result { try service.run() }
            outcome.withLock { $0 = result }
            ended.set()
        }
    }

    /// Waits for the end.
    func result() throws -> IngestSummary {
        ended.wait()
        return try #require(outcome.withLock { $0 }).get()
    }
}
