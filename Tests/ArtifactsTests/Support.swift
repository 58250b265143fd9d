import Artifacts

/// The bytes of a file with `header` and `data`, whatever they say.
func fileBytes(header: String, data: [UInt8] = []) -> [UInt8] {
    let text = Array(header.utf8)
    return littleEndian(UInt64(text.count)) + text + data
}

/// Eight bytes, lowest first.
func littleEndian(_ value: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
}

/// What decoding `bytes` throws, if it throws.
func decodingError(_ bytes: [UInt8]) -> SafetensorsError? {
    do throws(SafetensorsError) {
        _ = try SafetensorsFile(decoding: bytes)
        return nil
    } catch {
        return error
    }
}

/// A file with metadata and tensors of several types, small enough to be damaged everywhere.
func smallFile() -> SafetensorsFile {
    SafetensorsFile(
        metadata: ["name": "small", "note": "a \"quoted\" \\ line\nand ü"],
        tensors: [
            .int8(name: "weights", shape: [2, 3], values: [-128, -1, 0, 1, 64, 127]),
            .int32(name: "bias", shape: [2], values: [.min, .max]),
            .float32(name: "scale", shape: [], values: [0.5]),
        ]
    )
}
