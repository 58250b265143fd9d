/// A PNG writer that shares nothing with libpng: every colour type and depth, interlaced or not, tRNS.
///
/// Image data goes out in stored deflate blocks with filter 0, so what a reader must return is plain.
struct HandmadePNG {
    enum ColourType: UInt8, CaseIterable {
        case gray = 0
        case rgb = 2
        case palette = 3
        case grayAlpha = 4
        case rgba = 6

        var channels: Int {
            switch self {
            case .gray, .palette: 1
            case .grayAlpha: 2
            case .rgb: 3
            case .rgba: 4
            }
        }
    }

    var width: Int
    var height: Int
    /// What the header says instead of `width` and `height`.
    var declared: (width: UInt32, height: UInt32)?
    var depth = 8
    var type = ColourType.rgb
    var interlaced = false
    /// One sample per entry, `height * width * channels`, each below `2^depth`.
    var samples: [UInt16]
    var palette: [UInt8] = []
    var transparency: [UInt8] = []

    func encoded() -> [UInt8] {
        var file: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
        let size = declared ?? (UInt32(width), UInt32(height))
        let header =
            bigEndian(size.width) + bigEndian(size.height)
            + [UInt8(depth), type.rawValue, 0, 0, interlaced ? 1 : 0]
        file += chunk("IHDR", header)
        if !palette.isEmpty { file += chunk("PLTE", palette) }
        if !transparency.isEmpty { file += chunk("tRNS", transparency) }
        file += chunk("IDAT", storedZlib(rawRows()))
        return file + chunk("IEND", [])
    }

    private func rawRows() -> [UInt8] {
        let passes =
            interlaced
            ? [
                (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
                (0, 1, 1, 2),
            ] : [(0, 0, 1, 1)]
        var raw: [UInt8] = []
        for (x0, y0, dx, dy) in passes where x0 < width {
            for y in stride(from: y0, to: height, by: dy) {
                raw.append(0)
                var bits = 0
                var held = 0
                for x in stride(from: x0, to: width, by: dx) {
                    for channel in 0..<type.channels {
                        let sample = Int(samples[(y * width + x) * type.channels + channel])
                        bits = bits << depth | sample
                        held += depth
                        while held >= 8 {
                            raw.append(UInt8(truncatingIfNeeded: bits >> (held - 8)))
                            held -= 8
                        }
                    }
                }
                if held > 0 { raw.append(UInt8(truncatingIfNeeded: bits << (8 - held))) }
            }
        }
        return raw
    }

    private func chunk(_ name: String, _ content: [UInt8]) -> [UInt8] {
        let checked = Array(name.utf8) + content
        return bigEndian(UInt32(content.count)) + checked + bigEndian(crc32(checked))
    }

    private func bigEndian(_ value: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }

    private func storedZlib(_ content: [UInt8]) -> [UInt8] {
        var out: [UInt8] = [0x78, 0x01]
        out += storedDeflate(content)
        var a: UInt32 = 1
        var b: UInt32 = 0
        for byte in content {
            a = (a + UInt32(byte)) % 65_521
            b = (b + a) % 65_521
        }
        return out + bigEndian(b << 16 | a)
    }
}

/// Deflate blocks that store `content` as it is.
func storedDeflate(_ content: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    var start = 0
    repeat {
        let part = content[start..<min(start + 65_535, content.count)]
        start += part.count
        let length = UInt16(part.count)
        out.append(start == content.count ? 1 : 0)
        for half in [length, ~length] {
            out += [UInt8(truncatingIfNeeded: half), UInt8(truncatingIfNeeded: half >> 8)]
        }
        out += part
    } while start < content.count
    return out
}

/// The CRC of PNG chunks and gzip members.
func crc32(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(~UInt32(0)) { crc, byte in
        (0..<8).reduce(crc ^ UInt32(byte)) { value, _ in value >> 1 ^ (value & 1 == 1 ? 0xEDB8_8320 : 0) }
    }
}
