/// How a picture must be turned to stand upright, as a camera wrote it into a JPEG's EXIF (tag 274).
public enum EXIFOrientation: Int, Sendable, Hashable, CaseIterable {
    case upright = 1
    case mirrored = 2
    case turned180 = 3
    case flipped = 4
    case transposed = 5
    /// Stored turned by 90 degrees; upright after a quarter clockwise.
    case turned90 = 6
    case transversed = 7
    case turned270 = 8

    /// Reads the orientation of an image file; ``upright`` where the file states none that is legal.
    ///
    /// Looks at the first EXIF segment of a JPEG only, and at nothing beyond the first 64 KiB of each segment:
    /// no more than the file itself bounds.
    public init(of file: [UInt8]) {
        self = Self.segment(of: file).flatMap { Self.orientation($0) } ?? .upright
    }

    /// Whether width and height change places.
    public var swapsSides: Bool { rawValue >= 5 }

    /// The TIFF structure in the first EXIF segment in front of the image data.
    private static func segment(of file: [UInt8]) -> ArraySlice<UInt8>? {
        guard file.starts(with: [0xFF, 0xD8]) else { return nil }
        var at = 2
        while at + 4 <= file.count, file[at] == 0xFF {
            let marker = file[at + 1]
            if marker == 0xFF {
                at += 1
                continue
            }
            // The image data begins, or ends.
            if marker == 0xDA || marker == 0xD9 { return nil }
            // Markers without a length.
            if marker == 0x01 || (0xD0...0xD8).contains(marker) {
                at += 2
                continue
            }
            let length = Int(file[at + 2]) << 8 | Int(file[at + 3])
            guard length >= 2, at + 2 + length <= file.count else { return nil }
            let content = file[(at + 4)..<(at + 2 + length)]
            if marker == 0xE1, content.starts(with: Array("Exif\0\0".utf8)) { return content.dropFirst(6) }
            at += 2 + length
        }
        return nil
    }

    private static func orientation(_ tiff: ArraySlice<UInt8>) -> EXIFOrientation? {
        let bytes = Array(tiff)
        let isLittleEndian: Bool
        switch bytes.prefix(4) {
        case [0x49, 0x49, 0x2A, 0]: isLittleEndian = true
        case [0x4D, 0x4D, 0, 0x2A]: isLittleEndian = false
        default: return nil
        }
        func number(_ at: Int, _ count: Int) -> Int? {
            guard at >= 0, at + count <= bytes.count else { return nil }
            let digits =
                isLittleEndian ? Array(bytes[at..<(at + count)].reversed()) : Array(bytes[at..<(at + count)])
            return digits.reduce(0) { $0 << 8 | Int($1) }
        }
        guard let directory = number(4, 4), let count = number(directory, 2) else { return nil }
        for entry in 0..<count {
            let at = directory + 2 + entry * 12
            guard let tag = number(at, 2) else { return nil }
            // One SHORT.
            guard tag == 274 else { continue }
            guard number(at + 2, 2) == 3, number(at + 4, 4) == 1 else { return nil }
            return number(at + 8, 2).flatMap { EXIFOrientation(rawValue: $0) }
        }
        return nil
    }
}

extension RGBImage {
    /// The picture upright, `orientation` being what its file states.
    package func oriented(_ orientation: EXIFOrientation) -> RGBImage {
        guard orientation != .upright else { return self }
        let (columns, rows) = orientation.swapsSides ? (height, width) : (width, height)
        let result = [UInt8](unsafeUninitializedCapacity: bytes.count) { output, count in
            for y in 0..<rows {
                for x in 0..<columns {
                    let (fromX, fromY) =
                        switch orientation {
                        case .upright: (x, y)
                        case .mirrored: (width - 1 - x, y)
                        case .turned180: (width - 1 - x, height - 1 - y)
                        case .flipped: (x, height - 1 - y)
                        case .transposed: (y, x)
                        case .turned90: (y, height - 1 - x)
                        case .transversed: (width - 1 - y, height - 1 - x)
                        case .turned270: (width - 1 - y, x)
                        }
                    let (to, from) = ((y * columns + x) * 3, (fromY * width + fromX) * 3)
                    for colour in 0..<3 { output[to + colour] = bytes[from + colour] }
                }
            }
            count = bytes.count
        }
        return RGBImage(width: columns, height: rows, bytes: result)
    }
}
