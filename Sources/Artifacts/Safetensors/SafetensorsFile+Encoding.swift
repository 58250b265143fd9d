extension SafetensorsFile {
    /// The bytes of the file: the same content always gives the same bytes.
    ///
    /// Metadata and tensors stand in the order of the UTF-8 bytes of their names, in the header and in
    /// the data. The header is padded with spaces so that the data begins at a multiple of eight.
    public func encoded() -> [UInt8] {
        let tensors = sortedTensors
        var header = headerText(tensors)
        while header.count % 8 != 0 { header.append(UInt8(ascii: " ")) }
        precondition(
            header.count <= Self.maximumHeaderLength,
            "a safetensors header of \(header.count) bytes"
        )

        var file: [UInt8] = []
        file.reserveCapacity(8 + header.count + tensors.reduce(0) { $0 + $1.bytes.count })
        withUnsafeBytes(of: UInt64(header.count).littleEndian) { file.append(contentsOf: $0) }
        file.append(contentsOf: header)
        for tensor in tensors { file.append(contentsOf: tensor.bytes) }
        return file
    }

    /// The digest of the content, whatever the layout of the file that it came from.
    ///
    /// SHA-256 over, in this order, where a *text* is its UTF-8 length as a 64-bit little-endian integer
    /// followed by its UTF-8 bytes, and every other number is a 64-bit little-endian integer:
    /// 1. the text `hashiflex.safetensors.content.1`;
    /// 2. the number of metadata entries that are not excluded; for each, in the order of the UTF-8 bytes
    ///    of the keys, the key as text and the value as text;
    /// 3. the number of tensors; for each, in the order of the UTF-8 bytes of the names, the name as text,
    ///    the `dtype` as text, the number of dimensions, every dimension, the number of data bytes, and
    ///    the data bytes.
    ///
    /// Everything of variable length follows its length, so no two contents give the same input to SHA-256.
    public func contentDigest(excludingMetadata excluded: Set<String>) -> ContentDigest {
        var hasher = ContentHasher()
        hasher.update(text: "hashiflex.safetensors.content.1")
        let entries = sortedMetadata.filter { !excluded.contains($0.key) }
        hasher.update(littleEndian: UInt64(entries.count))
        for (key, value) in entries {
            hasher.update(text: key)
            hasher.update(text: value)
        }
        let tensors = sortedTensors
        hasher.update(littleEndian: UInt64(tensors.count))
        for tensor in tensors {
            hasher.update(text: tensor.name)
            hasher.update(text: tensor.elementType.rawValue)
            hasher.update(littleEndian: UInt64(tensor.shape.count))
            for dimension in tensor.shape { hasher.update(littleEndian: UInt64(dimension)) }
            hasher.update(littleEndian: UInt64(tensor.bytes.count))
            hasher.update(tensor.bytes)
        }
        return hasher.finalize()
    }

    private func headerText(_ tensors: [Tensor]) -> [UInt8] {
        var text = HeaderWriter()
        text.raw("{")
        var separator = ""
        if !metadata.isEmpty {
            text.string(Self.metadataKey)
            text.raw(":{")
            for (key, value) in sortedMetadata {
                text.raw(separator)
                text.string(key)
                text.raw(":")
                text.string(value)
                separator = ","
            }
            text.raw("}")
            separator = ","
        }
        var offset = 0
        for tensor in tensors {
            let end = offset + tensor.bytes.count
            let shape = tensor.shape.map(String.init).joined(separator: ",")
            text.raw(separator)
            text.string(tensor.name)
            text.raw(":{\"dtype\":\"\(tensor.elementType.rawValue)\",\"shape\":[\(shape)],")
            text.raw("\"data_offsets\":[\(offset),\(end)]}")
            separator = ","
            offset = end
        }
        text.raw("}")
        return text.bytes
    }
}

extension ContentHasher {
    /// Adds the length of `text` in UTF-8, then its bytes.
    fileprivate mutating func update(text: String) {
        update(littleEndian: UInt64(text.utf8.count))
        update(text.utf8)
    }
}

/// Collects JSON text.
private struct HeaderWriter {
    var bytes: [UInt8] = []

    mutating func raw(_ text: String) { bytes.append(contentsOf: text.utf8) }

    mutating func string(_ text: String) {
        let digits = Array("0123456789abcdef".utf8)
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0..<0x20:
                raw("\\u00")
                bytes.append(digits[Int(byte >> 4)])
                bytes.append(digits[Int(byte & 15)])
            default:
                bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
