internal import ImageDecoding
internal import Kafka
internal import PipelineMessages
internal import Synchronization
internal import Threads

/// Turns sensor streams into shards: read, decode and resize, pack, pace, send.
public final class IngestService: Sendable {
    /// One stream and where its images come from.
    public struct Stream: Sendable {
        /// Its name.
        public let name: String
        /// Opens the source; called on the stream's own thread.
        public let open: @Sendable (@escaping StopCheck) throws -> any ImageSource

        /// A stream.
        public init(
            name: String, open: @escaping @Sendable (@escaping StopCheck) throws -> any ImageSource
        ) {
            self.name = name
            self.open = open
        }
    }

    private let options: IngestOptions
    private let streams: [Stream]
    private let log: @Sendable (String) -> Void
    private let stop = Signal()
    private let conductor: Mutex<IngestConductor?> = Mutex(nil)
    private let failure = Mutex<(any Error)?>(nil)

    /// An ingest of several streams at once.
    public init(_ options: IngestOptions, streams: [Stream], log: @escaping @Sendable (String) -> Void) {
        self.options = options
        self.streams = streams
        self.log = log
    }

    /// Ends reading; what was sent is still confirmed while the broker confirms anything, what was only read is not sent.
    public func requestStop() { stop.set() }

    /// What was confirmed so far.
    public var summary: IngestSummary { conductor.withLock { $0?.summary } ?? IngestSummary() }

    /// Runs until every source ends. Blocks; call from a thread of its own.
    public func run() throws -> IngestSummary {
        let admin = try KafkaAdmin(options.kafka)
        let shards = options.topics.shards
        let partitions = try options.patience.until(stop).wait(
            for: "the partitions of \(shards)", mayBeUnheard: true
        ) { timeoutMs throws(KafkaError) in
            try admin.partitionCount(of: shards, timeoutMs: timeoutMs)
        }
        let conductor = try IngestConductor(options, partitions: partitions, stop: stop)
        self.conductor.withLock { $0 = conductor }
        let carriers = conductor.run()
        // A source of bad pictures only must not fill the log.
        let lines = LineLimiter(linesPerPeriod: 20, write: log)
        defer { lines.settle() }
        let threads = streams.enumerated().map { index, stream in
            StreamThreads(
                stream, index: index, options: options, conductor: conductor, stop: stop,
                lines: lines, onFailure: { [self] in fail($0) }
            ).run()
        }
        for thread in threads { thread.join() }
        conductor.finish(carriers)
        if let failure = failure.withLock({ $0 }) { throw failure }
        try conductor.check()
        return conductor.summary
    }

    private func fail(_ error: any Error) {
        failure.withLock { $0 = $0 ?? error }
        stop.set()
    }
}

/// Tensors that may not be sent: the reason is ``IngestOptions/tensorRefusal``.
public struct TensorRefusal: Error, Sendable, CustomStringConvertible {
    /// Why, and what to do.
    public let description: String
}

/// The two threads of one stream: one reads, so that a silent sensor delays no image already read.
private struct StreamThreads {
    private let stream: IngestService.Stream
    private let index: Int
    private let options: IngestOptions
    private let conductor: IngestConductor
    private let stop: Signal
    private let lines: LineLimiter
    private let onFailure: @Sendable (any Error) -> Void
    private let queue: BoundedQueue<PackedImage>

    init(
        _ stream: IngestService.Stream, index: Int, options: IngestOptions, conductor: IngestConductor,
        stop: Signal, lines: LineLimiter,
        onFailure: @escaping @Sendable (any Error) -> Void
    ) {
        self.stream = stream
        self.index = index
        self.options = options
        self.conductor = conductor
        self.stop = stop
        self.lines = lines
        self.onFailure = onFailure
        queue = BoundedQueue(capacity: 2 * options.shardImages)
    }

    func run() -> PlatformThread {
        let reader = PlatformThread("read-\(stream.name)") { [self] in
            do {
                try read()
            } catch {
                onFailure(error)
            }
            queue.close()
        }
        return PlatformThread("pack-\(stream.name)") { [self] in
            do {
                try pack()
            } catch {
                onFailure(error)
            }
            // A reader that waits for room must not wait for ever.
            queue.close()
            reader.join()
        }
    }

    private func read() throws {
        var source = try stream.open { [stop] in stop.isSet }
        var scratch = ResizeScratch()
        var pictures = PictureTally()
        defer { conductor.note(pictures) }
        var count = 0
        let begin = Clock.steadyNs
        while !stop.isSet, count < options.imagesMax ?? .max, let outcome = try source.next() {
            switch outcome {
            case .unreadable(let id, let reason):
                conductor.noteUnreadable()
                say("\(id): \(reason)")
            case .image(let image):
                Self.look(at: image, &pictures)
                guard let packed = try prepare(image, &scratch) else { continue }
                if let fps = options.fps {
                    let due = begin + Int64(Double(count) / fps * 1e9)
                    let wait = (due - Clock.steadyNs) / 1_000_000
                    if wait > 0, stop.wait(milliseconds: wait) { return }
                }
                count += 1
                guard queue.push(packed) else { return }
            }
        }
    }

    private func say(_ text: String) { lines.say("\(stream.name): \(text)", kind: stream.name) }

    private static func look(at image: SourceImage, _ pictures: inout PictureTally) {
        switch image.content {
        case .encoded(let file, _): pictures.add(file: file)
        case .pixels(let pixels): pictures.add(PixelSize(width: pixels.width, height: pixels.height))
        }
    }

    private func prepare(_ image: SourceImage, _ scratch: inout ResizeScratch) throws -> PackedImage? {
        let facts = ShardImage(
            id: image.id, capturedAtMs: image.capturedAtMs ?? (options.fps == nil ? nil : Clock.wallMs),
            label: image.label)
        let preparation = options.preparation
        func tensor(_ pixels: RGBImage) throws -> PackedImage {
            if let refusal = options.tensorRefusal { throw TensorRefusal(description: refusal) }
            var bytes = [UInt8](repeating: 0, count: preparation.byteCount)
            bytes.withUnsafeMutableBufferPointer { output in
                preparation.prepare(pixels, into: output, scratch: &scratch)
            }
            return .tensor(facts, bytes)
        }
        switch (image.content, options.encoding) {
        case (.encoded(let file, _), .auto), (.encoded(let file, _), .files): return .file(facts, file)
        case (.pixels(let pixels), .auto), (.pixels(let pixels), .tensors):
            return try tensor(pixels)
        case (.pixels(let pixels), .files):
            do {
                return .file(facts, try ImageEncoder.png(pixels))
            } catch {
                conductor.noteUnreadable()
                say("\(image.id): \(error)")
                return nil
            }
        case (.encoded(let file, _), .tensors):
            let pixels: RGBImage
            do {
                pixels = try preparation.decode(file)
            } catch {
                // Sent as it is: the worker turns it into an error record, so that it is not lost.
                say("\(image.id): \(error); sent as a file")
                return .file(facts, file)
            }
            return try tensor(pixels)
        }
    }

    private func pack() throws {
        var packer = ShardPacker(
            stream: stream.name, side: options.preparation.size, imagesMax: options.shardImages,
            recordBytesMax: options.recordBytesMax, preprocessing: options.preparation.identity)
        var turn = index
        var oldestMs = Clock.steadyMs
        /// Returns whether to go on.
        func send(_ batch: ShardPacker.Batch) throws -> Bool {
            for image in batch.rejected {
                conductor.noteUnreadable()
                say("\(image)")
            }
            for shard in batch.shards {
                // What follows would leave a gap.
                guard try conductor.send(shard, stream: stream.name, turn: turn) else { return false }
                turn += 1
            }
            return true
        }
        while !queue.isFinished {
            let images = queue.drain(max: options.shardImages, milliseconds: max(1, options.lingerMs / 4))
            for image in images {
                if packer.count == 0 { oldestMs = Clock.steadyMs }
                guard try send(packer.add(image, nowMs: Clock.wallMs)) else { return }
            }
            if packer.count > 0, Clock.steadyMs - oldestMs >= options.lingerMs {
                guard try send(packer.close(nowMs: Clock.wallMs)) else { return }
            }
        }
        _ = try send(packer.close(nowMs: Clock.wallMs))
    }
}
