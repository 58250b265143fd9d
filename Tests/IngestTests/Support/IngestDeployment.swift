import ImageDecoding
import Ingest
import Kafka
import PipelineMessages
import Synchronization
import Testing
import TestSupport
import Threads

/// A deployment of one shard topic.
final class IngestDeployment {
    private let topics = TopicNames.standard
    let broker: EmbeddedBroker
    private var kafka: KafkaConfiguration

    init() throws {
        broker = try EmbeddedBroker(topics: [(topics.shards, 3)])
        kafka = broker.configuration
    }

    func set(_ property: String, _ value: String) { kafka.set(property, value) }

    /// Sends noise, an image a shard unless told otherwise, as long as `goOn` says so; it is told the number of images so far.
    func service(
        streams: [String], stopMs: Int64? = nil, decodeBytesMax: Int? = nil, picture: [UInt8]? = nil,
        fps: Double? = nil, shardImages: Int = 1, lingerMs: Int64 = 200,
        log: @escaping @Sendable (String) -> Void = { Issue.record("\($0)") },
        goOn: @escaping @Sendable (EmbeddedBroker, Int) -> Bool
    ) throws -> IngestService {
        var options = try self.options()
        options.shardImages = shardImages
        options.lingerMs = lingerMs
        options.fps = fps
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
enum LargePicture {
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
struct SilentSource: ImageSource {
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
enum SlowOpening {
    /// The stream that reads it.
    static let stream = "pipe"

    static func wait(_ isStopped: StopCheck) throws(SourceError) {
        let pause = Signal()
        while !isStopped() { pause.wait(milliseconds: 5) }
        throw .stopped
    }
}

/// A run on a thread of its own.
final class BackgroundIngest: Sendable {
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
