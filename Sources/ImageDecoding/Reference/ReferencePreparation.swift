/// What ``TensorPreparation`` computes, once more and plainly: the whole resized picture, pixel by pixel from
/// the rules, then cut, placed, turned and reordered. Slow, and meant to be read beside the specification.
public enum ReferencePreparation {
    /// The tensor `[size, size, 3]` of an image.
    ///
    /// Memory grows with the whole resized picture, not with what is kept of it.
    public static func tensor(_ image: RGBImage, _ preprocessing: Preprocessing, size: Int) -> [UInt8] {
        let geometry = ImageGeometry(
            preprocessing.fit, source: PixelSize(width: image.width, height: image.height), size: size)
        let (columns, rows) = (geometry.columns, geometry.rows)
        let picture = resized(
            cut(image, columns, rows), kernel: preprocessing.kernel, width: columns.resizedCount,
            height: rows.resizedCount)
        var tensor = [UInt8](repeating: 0, count: size * size * 3)
        for y in 0..<rows.keptCount {
            for x in 0..<columns.keptCount {
                var (atX, atY) = (columns.place + x, rows.place + y)
                if preprocessing.isTurned { (atX, atY) = (size - 1 - atX, size - 1 - atY) }
                for colour in 0..<3 {
                    let sample = picture[y + rows.keptFirst, x + columns.keptFirst, colour]
                    let place = preprocessing.channels == .bgr ? 2 - colour : colour
                    tensor[(atY * size + atX) * 3 + place] = sample
                }
            }
        }
        return tensor
    }

    /// The whole picture at another size.
    public static func resized(
        _ image: RGBImage, kernel: ResizeKernel, width: Int, height: Int
    ) -> RGBImage {
        guard let curve = kernel.pillowCurve else {
            return weighted(image, antialiases: kernel == .area, width, height)
        }
        let (source, target) = (
            PixelSize(width: image.width, height: image.height), PixelSize(width: width, height: height)
        )
        // An axis that keeps its length is left out: its weights are 1 and 0, and rounding changes nothing.
        return kernel.isVerticalFirst(from: source, to: target)
            ? columns(rows(image, curve, height), curve, width)
            : rows(columns(image, curve, width), curve, height)
    }

    private static func cut(
        _ image: RGBImage, _ columns: ImageGeometry.Axis, _ rows: ImageGeometry.Axis
    ) -> RGBImage {
        RGBImage(width: columns.cutCount, height: rows.cutCount) { x, y, colour in
            image[y + rows.cutFirst, x + columns.cutFirst, colour]
        }
    }

    // MARK: Pillow

    private static func columns(_ image: RGBImage, _ curve: PillowCurve, _ width: Int) -> RGBImage {
        let weights = PillowWeights(sourceCount: image.width, targetCount: width, curve: curve)
        let targets = (0..<width).map { weights.target($0) }
        return RGBImage(width: width, height: image.height) { x, y, colour in
            byte(targets[x]) { image[y, $0, colour] }
        }
    }

    private static func rows(_ image: RGBImage, _ curve: PillowCurve, _ height: Int) -> RGBImage {
        let weights = PillowWeights(sourceCount: image.height, targetCount: height, curve: curve)
        let targets = (0..<height).map { weights.target($0) }
        return RGBImage(width: image.width, height: height) { x, y, colour in
            byte(targets[y]) { image[$0, x, colour] }
        }
    }

    private static func byte(_ target: PillowWeights.Row, _ sample: (Int) -> UInt8) -> UInt8 {
        var sum = 1 << 21
        for (tap, weight) in target.weights.enumerated() { sum += weight * Int(sample(target.first + tap)) }
        return UInt8(min(255, max(0, sum >> 22)))
    }

    // MARK: The product's own

    private static func weighted(
        _ image: RGBImage, antialiases: Bool, _ width: Int, _ height: Int
    ) -> RGBImage {
        func taps(_ n: Int, _ m: Int, _ target: Int) -> [(source: Int, weight: Int)] {
            // Sources that can weigh: those that the target covers, or its two neighbours.
            let low = max(0, (target * n) / m - 2)
            let high = min(n - 1, ((target + 1) * n) / m + 2)
            return (low...high).map { ($0, weight(n: n, m: m, target: target, source: $0, antialiases)) }
                .filter { $0.weight != 0 }
        }
        let across = (0..<width).map { taps(image.width, width, $0) }
        let down = (0..<height).map { taps(image.height, height, $0) }
        return RGBImage(width: width, height: height) { x, y, colour in
            var sum = 1 << 23
            for row in down[y] {
                for column in across[x] {
                    sum += row.weight * column.weight * Int(image[row.source, column.source, colour])
                }
            }
            return UInt8(sum >> 24)
        }
    }

    /// The weight, in 1/4096, of one source sample in one target sample.
    private static func weight(n: Int, m: Int, target: Int, source: Int, _ antialiases: Bool) -> Int {
        if antialiases && m < n {
            // Share of the target's interval that lies left of a position, in 1/4096, half up.
            func shareUpTo(_ position: Int) -> Int {
                let covered = min(max(position - target * n, 0), n)
                return (2 * covered * 4_096 + n) / (2 * n)
            }
            return shareUpTo((source + 1) * m) - shareUpTo(source * m)
        }
        let position = (2 * target + 1) * n - m
        let low = position >= 0 ? position / (2 * m) : -1
        let high = ((position - low * 2 * m) * 4_096 + m) / (2 * m)
        var weight = 0
        if min(max(low, 0), n - 1) == source { weight += 4_096 - high }
        if min(max(low + 1, 0), n - 1) == source { weight += high }
        return weight
    }
}

extension RGBImage {
    /// The image whose samples `sample` gives.
    fileprivate init(width: Int, height: Int, sample: (_ x: Int, _ y: Int, _ colour: Int) -> UInt8) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(width * height * 3)
        for y in 0..<height {
            for x in 0..<width {
                for colour in 0..<3 { bytes.append(sample(x, y, colour)) }
            }
        }
        self.init(width: width, height: height, bytes: bytes)
    }

    fileprivate subscript(y: Int, x: Int, colour: Int) -> UInt8 { bytes[(y * width + x) * 3 + colour] }
}
