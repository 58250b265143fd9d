/// A shard record whose lengths, checksum and header are sound, and whose body is not unpacked yet.
///
/// Borrows the record: use it while those bytes are there.
public struct PackedShard {
    let header: ShardCodec.Header
    let body: UnsafeRawBufferPointer

    /// Bytes that unpacking takes and the record's own size does not bound: those of compressed tensors, at most 255
    /// times the record.
    public var inflatedBytes: Int { header.compression == .lz4 ? header.rawBytes : 0 }

    /// Allocates what the header says, which was checked, and unpacks.
    public func unpack() throws(ShardDecodingError) -> ImageShard {
        switch header.encoding {
        case .files:
            var files: [[UInt8]] = []
            var start = 0
            for count in header.fileBytes ?? [] {
                files.append(Array(body[(body.startIndex + start)..<(body.startIndex + start + count)]))
                start += count
            }
            return shard(.files(files))
        case .tensors:
            let bytes: [UInt8]
            switch header.compression {
            case .none: bytes = Array(body)
            case .lz4: bytes = try LZ4Block.decompress(body, rawBytes: header.rawBytes)
            }
            guard let height = header.height, let width = header.width, let channels = header.channels else {
                throw .invalid(field: "height", value: "null")
            }
            return shard(.tensors(height: height, width: width, channels: channels, bytes: bytes))
        }
    }

    private func shard(_ content: ImageShard.Content) -> ImageShard {
        ImageShard(
            stream: header.stream, sequence: header.sequence, createdAtMs: header.createdAtMs,
            images: header.images, content: content, preprocessing: header.preprocessing)
    }
}
