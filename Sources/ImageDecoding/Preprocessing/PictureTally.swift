/// Shapes and orientations of the pictures of a source: what a preprocessing does to them unseen.
public struct PictureTally: Sendable, Hashable {
    /// Pictures looked at.
    public private(set) var seen: Int64 = 0
    /// Pictures wider than 3:2, or taller than 2:3.
    public private(set) var wide: Int64 = 0
    /// Pictures whose EXIF orientation is not upright.
    public private(set) var oriented: Int64 = 0

    /// Nothing yet.
    public init() {}

    /// What was counted elsewhere.
    public init(seen: Int64, wide: Int64, oriented: Int64) {
        (self.seen, self.wide, self.oriented) = (seen, wide, oriented)
    }

    /// Looks at the header of an image file; one that can not be read is not counted.
    public mutating func add(file: [UInt8]) {
        let header = file.withUnsafeBytes { bytes in
            try? ImageDecoder.probe(bytes)
        }
        guard let header else { return }
        add(
            PixelSize(width: header.width, height: header.height),
            orientation: header.format == .jpeg ? EXIFOrientation(of: file) : .upright)
    }

    /// Counts a picture.
    public mutating func add(_ size: PixelSize, orientation: EXIFOrientation = .upright) {
        seen += 1
        if 2 * max(size.width, size.height) > 3 * min(size.width, size.height) { wide += 1 }
        if orientation != .upright { oriented += 1 }
    }

    /// What a person should know of pictures that go through `preprocessing`, and what to do.
    ///
    /// More than one picture in ten that is wider than 3:2 and loses its aspect; any orientation that is ignored.
    public func warnings(_ preprocessing: Preprocessing) -> [String] {
        var warnings: [String] = []
        if preprocessing.stretches, wide * 10 > seen {
            warnings.append(
                "\(wide) of \(seen) pictures are wider than 3:2 or taller than 2:3 and are stretched to a square, "
                    + "which costs a network trained on crops 13 to 16 points on such pictures; harden and "
                    + "ingest with --preprocess as training had it")
        }
        if preprocessing.orientation == .ignore, oriented > 0 {
            warnings.append(
                "\(oriented) of \(seen) pictures carry an EXIF orientation that is ignored: they lie on their side "
                    + "or stand on their head, which costs about 40 points on them; turn the files, or harden and "
                    + "ingest with --exif apply")
        }
        return warnings
    }
}
