internal import ImageDecoding
internal import PipelineMessages
internal import Threads

/// The two threads of one stream: one reads, so that a silent sensor delays no image already read.
struct StreamThreads {
    private let stream: IngestService.Stream
    private let index: Int
    private let options: IngestOptions
    private let conductor: IngestConductor
    private let stop: Signal
    private let lines: LineLimiter
    private let memory: ByteBudget
    private let onFailure: @Sendable (any Error) -> Void
    private let queue: BoundedQueue<PackedImage>

    /// Decodes within `memory`, which all streams share.
    init(
        _ stream: IngestService.Stream, index: Int, options: IngestOptions, conductor: IngestConductor,
        stop: Signal, lines: LineLimiter, memory: ByteBudget,
        onFailure: @escaping @Sendable (any Error) -> Void
    ) {
        self.stream = stream
        self.index = index
        self.options = options
        self.conductor = conductor
        self.stop = stop
        self.lines = lines
        self.memory = memory
        self.onFailure = onFailure
        queue = BoundedQueue(capacity: 2 * options.shardImages, bytesMax: options.queueBytesMax) {
            $0.bytes
        }
    }

    func run() -> PlatformThread {
        let reader = PlatformThread("read-\(stream.name)") { [self] in
            do {
                try read()
            } catch SourceError.stopped {
                // Asked for while its first bytes were waited for.
            } catch {
                onFailure(error)
            }
            queue.close()
        }
        return PlatformThread("pack-\(stream.name)") { [self] in
            let unsent = pack()
            // A reader that waits for room must not wait for ever.
            queue.close()
            // Now nothing more comes in; a reader whose source hears of nothing may never end.
            conductor.noteUnsent(unsent + queue.drain(milliseconds: 0).count)
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
        while count < options.imagesMax ?? .max, awaitTurn(of: count, since: begin),
            let outcome = try source.next()
        {
            switch outcome {
            case .unreadable(let id, let reason):
                conductor.noteUnreadable()
                say("\(id): \(reason)")
            case .image(let image):
                Self.look(at: image, &pictures)
                guard let packed = try prepare(image, &scratch) else { continue }
                count += 1
                guard queue.push(packed) else { return conductor.noteUnsent(1) }
            }
        }
    }

    /// Waits until an image is due, before it is taken from its source: what is read at a stop can not be read again from a pipe.
    ///
    /// - Returns: Whether to read on.
    private func awaitTurn(of count: Int, since begin: Int64) -> Bool {
        guard let fps = options.fps else { return !stop.isSet }
        let due = begin + Int64(Double(count) / fps * 1e9)
        return !stop.wait(milliseconds: max(0, (due - Clock.steadyNs) / 1_000_000))
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
            var share = 0
            defer { memory.release(share) }
            do {
                pixels = try preparation.decode(file, reserve: { share = memory.acquire($0) })
            } catch {
                // Sent as it is: the worker turns it into an error record, so that it is not lost.
                say("\(image.id): \(error); sent as a file")
                return .file(facts, file)
            }
            return try tensor(pixels)
        }
    }

    /// A stop is heard of within this time, milliseconds.
    private static let hearingMs: Int64 = 100

    /// Packs and sends until the reader has ended; returns how many images it took and will never offer.
    private func pack() -> Int {
        var packer = ShardPacker(
            stream: stream.name, side: options.preparation.size, imagesMax: options.shardImages,
            recordBytesMax: options.recordBytesMax, preprocessing: options.preparation.identity)
        var turn = index
        var oldestMs = Clock.steadyMs
        var unsent = 0
        /// Returns whether to go on.
        func send(_ batch: ShardPacker.Batch) -> Bool {
            for image in batch.rejected {
                conductor.noteUnreadable()
                say("\(image)")
            }
            for (place, shard) in batch.shards.enumerated() {
                guard conductor.send(shard, stream: stream.name, number: index, turn: turn) else {
                    // What follows would leave a gap.
                    unsent = batch.shards[(place + 1)...].reduce(packer.count) { $0 + $1.images }
                    return false
                }
                turn += 1
            }
            return true
        }
        while !queue.isFinished {
            let images = queue.drain(
                max: options.shardImages, milliseconds: min(max(1, options.lingerMs / 4), Self.hearingMs))
            for (place, image) in images.enumerated() {
                if packer.count == 0 { oldestMs = Clock.steadyMs }
                guard send(packer.add(image, nowMs: Clock.wallMs)) else {
                    return unsent + images.count - place - 1
                }
            }
            // At a stop nothing is kept back: what is not offered is not in the account.
            if packer.count > 0, stop.isSet || Clock.steadyMs - oldestMs >= options.lingerMs {
                guard send(packer.close(nowMs: Clock.wallMs)) else { return unsent }
            }
        }
        _ = send(packer.close(nowMs: Clock.wallMs))
        return unsent
    }
}
