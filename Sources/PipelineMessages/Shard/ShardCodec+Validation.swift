extension ShardCodec {
    /// Checks every field of a header against its bounds and against the body.
    static func validate(_ header: Header, bodyBytes: Int) throws(ShardDecodingError) {
        try name(header.stream, field: "stream")
        guard header.sequence >= 0 else { throw .invalid(field: "sequence", value: "\(header.sequence)") }
        guard !header.images.isEmpty else { throw .invalid(field: "images", value: "[]") }
        guard header.images.count <= ShardLimits.imagesMax else {
            throw .lengthOutOfRange(
                field: "image count", value: header.images.count, max: ShardLimits.imagesMax)
        }
        for image in header.images {
            try name(image.id, field: "images.id")
            if let label = image.label, !(0..<(1 << 31)).contains(label) {
                throw .invalid(field: "images.label", value: "\(label)")
            }
        }
        guard (0...ShardLimits.rawBytesMax).contains(header.rawBytes) else {
            throw .lengthOutOfRange(field: "raw_bytes", value: header.rawBytes, max: ShardLimits.rawBytesMax)
        }
        if header.compression == .none, header.rawBytes != bodyBytes {
            throw .invalid(field: "raw_bytes", value: "\(header.rawBytes), the body has \(bodyBytes)")
        }
        // No LZ4 block grows by more: what states more allocates nothing.
        if header.compression == .lz4, header.rawBytes > LZ4Block.growthMax * bodyBytes {
            throw .decompression("\(header.rawBytes) bytes are more than a block of \(bodyBytes) holds")
        }
        switch header.encoding {
        case .files: try validateFiles(header, bodyBytes: bodyBytes)
        case .tensors: try validateTensors(header)
        }
    }

    private static func validateFiles(_ header: Header, bodyBytes: Int) throws(ShardDecodingError) {
        guard header.compression == .none else {
            throw .invalid(field: "compression", value: "lz4 on image files")
        }
        let files = header.fileBytes ?? []
        guard files.count == header.images.count else {
            throw .invalid(
                field: "file_bytes", value: "\(files.count) lengths for \(header.images.count) images")
        }
        var total = 0
        for count in files {
            guard (0...bodyBytes).contains(count) else {
                throw .invalid(field: "file_bytes", value: "\(count)")
            }
            total += count
        }
        guard total == bodyBytes else {
            throw .invalid(field: "file_bytes", value: "\(total) in all, the body has \(bodyBytes)")
        }
    }

    private static func validateTensors(_ header: Header) throws(ShardDecodingError) {
        let sides = [("height", header.height), ("width", header.width)]
        for (field, side) in sides {
            guard let side, (1...ShardLimits.sideMax).contains(side) else {
                throw .invalid(field: field, value: side.map(String.init) ?? "null")
            }
        }
        guard let channels = header.channels, channels == 1 || channels == 3 else {
            throw .invalid(field: "channels", value: header.channels.map(String.init) ?? "null")
        }
        // Bounded factors: 4,096 images x 4,096 x 4,096 x 3 stays far below 2^63.
        let expected = header.images.count * (header.height ?? 0) * (header.width ?? 0) * channels
        guard expected == header.rawBytes else {
            throw .invalid(field: "raw_bytes", value: "\(header.rawBytes), the shape needs \(expected)")
        }
    }

    private static func name(_ text: String, field: String) throws(ShardDecodingError) {
        let legal = (1...ShardLimits.nameBytesMax).contains(text.utf8.count)
        guard legal, text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw .invalid(field: field, value: "\(text.utf8.count) bytes or control characters")
        }
    }
}
