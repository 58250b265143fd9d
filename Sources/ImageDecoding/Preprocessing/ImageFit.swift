/// How a picture of any shape becomes a square.
public enum ImageFit: Sendable, Hashable {
    /// Each axis is resized to the side: the aspect is not kept.
    case stretch
    /// The shorter side becomes `shorter`, the longer `shorter * longer / shorter side` rounded down, as
    /// torchvision's `Resize`; then the square in the middle is kept. `shorter` is at least the side.
    case crop(shorter: Int, offset: OffsetRule)
    /// The middle `perMille / 1000` of both axes is cut out, then stretched, as TensorFlow slim evaluates.
    case cropThenStretch(perMille: Int)
    /// The longer side becomes the side, the shorter in proportion, rounded down, at least 1; the rest is black.
    case letterbox

    /// Where the kept square begins when the margins can not be equal.
    public enum OffsetRule: String, Sendable, Hashable, CaseIterable {
        /// Half the difference, halves to the even neighbour: torchvision and timm.
        case roundEven = "round-even"
        /// Half the difference, rounded down: Hugging Face's own image functions.
        case floor

        /// The first kept of `count` samples when `kept` of them are; also negative differences are exact.
        package func offset(of kept: Int, in count: Int) -> Int {
            let difference = count - kept
            let half = difference >> 1
            guard difference & 1 == 1, self == .roundEven else { return half }
            return half & 1 == 0 ? half : half + 1
        }
    }

    /// Bounds of the shorter side, pixels.
    public static let shorterRange = 1...4_096

    /// Bounds of the share that ``cropThenStretch(perMille:)`` keeps, thousandths.
    public static let perMilleRange = 1...1_000

    /// The part of the identity that names geometry and offsets.
    var identity: String {
        switch self {
        case .stretch: "stretch"
        case .crop(let shorter, let offset): "crop/shorter-\(shorter)/offset-\(offset.rawValue)"
        case .cropThenStretch(let perMille): "crop-then-stretch/centre-\(Self.decimal(perMille: perMille))"
        case .letterbox: "letterbox/fill-0/offset-round-even"
        }
    }

    /// `0.875` for 875.
    static func decimal(perMille: Int) -> String {
        guard perMille < 1_000 else { return "1" }
        var digits = String(perMille)
        while digits.utf8.count < 3 { digits = "0" + digits }
        while digits.hasSuffix("0") { digits.removeLast() }
        return "0." + digits
    }
}

/// Where the pixels of one picture go: what is cut out, to which size it is resized, what of that is kept,
/// and where in the tensor it lies. Only what is kept is ever computed.
public struct ImageGeometry: Sendable, Hashable {
    /// One axis of a ``ImageGeometry``.
    public struct Axis: Sendable, Hashable {
        /// First source sample of the cut.
        public var cutFirst = 0
        /// Samples of the cut.
        public var cutCount: Int
        /// Samples that the cut is resized to.
        public var resizedCount: Int
        /// First resized sample that is kept.
        public var keptFirst = 0
        /// Resized samples that are kept.
        public var keptCount: Int
        /// Where they begin in the tensor; what lies around them is black.
        public var place = 0
    }

    /// Along a row of pixels.
    public var columns: Axis
    /// From row to row.
    public var rows: Axis

    /// The geometry of a picture of `source` pixels in a tensor of side `size`.
    public init(_ fit: ImageFit, source: PixelSize, size: Int) {
        let (width, height) = (source.width, source.height)
        switch fit {
        case .stretch:
            columns = Axis(cutCount: width, resizedCount: size, keptCount: size)
            rows = Axis(cutCount: height, resizedCount: size, keptCount: size)
        case .crop(let shorter, let offset):
            func axis(_ count: Int, _ other: Int) -> Axis {
                let resized = count <= other ? shorter : shorter * count / other
                return Axis(
                    cutCount: count, resizedCount: resized, keptFirst: offset.offset(of: size, in: resized),
                    keptCount: size)
            }
            columns = axis(width, height)
            rows = axis(height, width)
        case .cropThenStretch(let perMille):
            func axis(_ count: Int) -> Axis {
                let first = count * (1_000 - perMille) / 2_000
                return Axis(
                    cutFirst: first, cutCount: count - 2 * first, resizedCount: size, keptCount: size)
            }
            columns = axis(width)
            rows = axis(height)
        case .letterbox:
            func axis(_ count: Int, _ other: Int) -> Axis {
                let resized = count >= other ? size : max(1, size * count / other)
                return Axis(
                    cutCount: count, resizedCount: resized, keptCount: resized,
                    place: ImageFit.OffsetRule.roundEven.offset(of: resized, in: size))
            }
            columns = axis(width, height)
            rows = axis(height, width)
        }
    }

    /// The whole picture at another size, nothing cut off.
    public init(resizing source: PixelSize, to target: PixelSize) {
        columns = Axis(
            cutCount: source.width, resizedCount: target.width, keptCount: target.width)
        rows = Axis(
            cutCount: source.height, resizedCount: target.height, keptCount: target.height)
    }
}
