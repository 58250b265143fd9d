private import CLZ4

/// One LZ4 block (not the frame format), as liblz4 writes it.
enum LZ4Block {
    /// Most bytes that one byte of a block can stand for.
    static let growthMax = 255

    /// Compresses `bytes`; never fails, may grow by 1 in 255.
    static func compress(_ bytes: [UInt8]) -> [UInt8] {
        let bound = Int(LZ4_compressBound(Int32(bytes.count)))
        return [UInt8](unsafeUninitializedCapacity: bound) { output, count in
            bytes.withUnsafeBytes { input in
                count = Int(
                    LZ4_compress_default(
                        input.bindMemory(to: CChar.self).baseAddress,
                        UnsafeMutableRawPointer(output.baseAddress)?.assumingMemoryBound(to: CChar.self),
                        Int32(input.count), Int32(bound)))
            }
        }
    }

    /// Decompresses a block whose size was checked by the caller.
    static func decompress(
        _ block: UnsafeRawBufferPointer, rawBytes: Int
    ) throws(ShardDecodingError) -> [UInt8] {
        var written = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: rawBytes) { output, count in
            written = Int(
                LZ4_decompress_safe(
                    block.bindMemory(to: CChar.self).baseAddress,
                    UnsafeMutableRawPointer(output.baseAddress)?.assumingMemoryBound(to: CChar.self),
                    Int32(block.count), Int32(rawBytes)))
            count = max(0, written)
        }
        guard written == rawBytes else {
            throw .decompression(
                written < 0
                    ? "lz4 block is malformed or truncated"
                    : "lz4 block holds \(written) bytes, the header says \(rawBytes)")
        }
        return bytes
    }
}
