package import PipelineMessages

/// One image ready to travel.
package enum PackedImage: Sendable, Equatable {
    /// A tensor `[side, side, 3]`.
    case tensor(ShardImage, [UInt8])
    /// A JPEG or PNG file.
    case file(ShardImage, [UInt8])

    /// What it holds, bytes.
    package var bytes: Int {
        switch self {
        case .tensor(_, let content), .file(_, let content): content.count
        }
    }
}

/// Groups the images of one stream into shards and encodes them within the broker's record limit.
///
/// Pure. A shard holds tensors or files, never both; it is closed when it is full, when the kind
/// changes, or when the caller asks. Tensors that are all gray travel as one channel.
package struct ShardPacker: Sendable {
    /// What a shard became on the wire.
    package struct Encoded: Sendable {
        /// The record's bytes.
        package let bytes: [UInt8]
        /// Images inside.
        package let images: Int
        /// The id of the first one.
        package let firstImage: String
    }

    /// What an addition completed.
    package struct Batch: Sendable {
        /// Shards to send, in order.
        package var shards: [Encoded] = []
        /// Images that fit in no shard.
        package var rejected: [TooLarge] = []

        fileprivate static func + (left: Batch, right: Batch) -> Batch {
            Batch(shards: left.shards + right.shards, rejected: left.rejected + right.rejected)
        }
    }

    /// An image that is too large for any shard.
    package struct TooLarge: Equatable, Sendable, CustomStringConvertible {
        /// The image.
        package let id: String
        /// Its record, bytes.
        package let bytes: Int
        /// The limit, bytes.
        package let limit: Int
        /// What, where and what to do.
        package var description: String {
            "image \(id) needs a record of \(bytes) bytes, the limit is \(limit) (--record-bytes-max, at most "
                + "the topic's max.message.bytes)"
        }
    }

    private let stream: String
    private let side: Int
    private let imagesMax: Int
    private let recordBytesMax: Int
    private let rawBytesMax: Int
    private let preprocessing: String
    private let compression: ShardCodec.Compression
    private var images: [PackedImage] = []
    private var bytes = 0
    private var sequence: Int64

    /// A packer for one stream, whose first shard has the number `firstSequence`.
    ///
    /// - Parameter rawBytesMax: Most bytes of a shard's tensors before they are compressed: no reader takes more.
    package init(
        stream: String, side: Int, imagesMax: Int, recordBytesMax: Int, preprocessing: String,
        compression: ShardCodec.Compression = .lz4, firstSequence: Int64 = 0,
        rawBytesMax: Int = ShardLimits.rawBytesMax
    ) {
        self.stream = stream
        self.side = side
        self.imagesMax = imagesMax
        self.recordBytesMax = recordBytesMax
        self.rawBytesMax = rawBytesMax
        self.preprocessing = preprocessing
        self.compression = compression
        sequence = firstSequence
    }

    /// Images that wait.
    package var count: Int { images.count }

    /// Adds an image; returns what is complete now.
    package mutating func add(_ image: PackedImage, nowMs: Int64) -> Batch {
        var done = Batch()
        if let first = images.first, Self.isFile(first) != Self.isFile(image) { done = close(nowMs: nowMs) }
        // Files do not shrink: close before the record would overflow. What tensors become is not known yet.
        let isFile = Self.isFile(image)
        let needed = image.bytes + (isFile ? 512 : 0)
        if !images.isEmpty, bytes + needed > (isFile ? recordBytesMax : rawBytesMax) {
            done = done + close(nowMs: nowMs)
        }
        bytes += needed
        images.append(image)
        return images.count >= imagesMax ? done + close(nowMs: nowMs) : done
    }

    /// Closes the shard that is being filled, if any.
    package mutating func close(nowMs: Int64) -> Batch {
        defer {
            images = []
            bytes = 0
        }
        return images.isEmpty ? Batch() : encode(images[...], nowMs)
    }

    /// Encodes; what does not fit is halved, down to one image.
    private mutating func encode(_ part: ArraySlice<PackedImage>, _ nowMs: Int64) -> Batch {
        let record = ShardCodec.encode(shard(part, nowMs), compression: compression)
        let bytes = record.count + Self.recordOverheadBytes
        if bytes <= recordBytesMax, part.count == 1 || ShardCodec.headerFits(record) {
            sequence += 1
            let first = part.first.map { Self.facts($0).id } ?? ""
            return Batch(shards: [Encoded(bytes: record, images: part.count, firstImage: first)])
        }
        guard part.count > 1 else {
            return Batch(
                rejected: part.map { TooLarge(id: Self.facts($0).id, bytes: bytes, limit: recordBytesMax) })
        }
        let middle = part.startIndex + part.count / 2
        return encode(part[..<middle], nowMs) + encode(part[middle...], nowMs)
    }

    /// Key, headers and framing of a record, bytes, generously.
    static let recordOverheadBytes = 1_024

    private func shard(_ part: ArraySlice<PackedImage>, _ nowMs: Int64) -> ImageShard {
        var tensors: [UInt8] = []
        var files: [[UInt8]] = []
        for image in part {
            switch image {
            case .tensor(_, let bytes): tensors += bytes
            case .file(_, let bytes): files.append(bytes)
            }
        }
        let content: ImageShard.Content
        if !files.isEmpty {
            content = .files(files)
        } else if let gray = Self.gray(tensors) {
            content = .tensors(height: side, width: side, channels: 1, bytes: gray)
        } else {
            content = .tensors(height: side, width: side, channels: 3, bytes: tensors)
        }
        return ImageShard(
            stream: stream, sequence: sequence, createdAtMs: nowMs, images: part.map(Self.facts),
            content: content, preprocessing: files.isEmpty ? preprocessing : "")
    }

    /// One channel of RGB tensors whose three channels are equal everywhere; `nil` at the first coloured pixel.
    ///
    /// Gray sensors are common; a third of the bytes is compressed, sent, stored and unpacked for them.
    static func gray(_ tensors: [UInt8]) -> [UInt8]? {
        let count = tensors.count / 3
        var isGray = true
        let plane = [UInt8](unsafeUninitializedCapacity: count) { output, written in
            tensors.withUnsafeBufferPointer { input in
                for pixel in 0..<count {
                    let red = input[pixel * 3]
                    guard input[pixel * 3 + 1] == red, input[pixel * 3 + 2] == red else {
                        isGray = false
                        return
                    }
                    output[pixel] = red
                }
            }
            written = isGray ? count : 0
        }
        return isGray ? plane : nil
    }

    private static func isFile(_ image: PackedImage) -> Bool {
        if case .file = image { true } else { false }
    }

    private static func facts(_ image: PackedImage) -> ShardImage {
        switch image {
        case .tensor(let facts, _), .file(let facts, _): facts
        }
    }
}
