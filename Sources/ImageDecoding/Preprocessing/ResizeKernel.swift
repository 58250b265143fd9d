/// How samples along an axis become another number of samples.
public enum ResizeKernel: String, Sendable, Hashable, CaseIterable {
    /// Area average down, linear up; 12-bit weights and one rounding for both axes. The product's own.
    case area
    /// Linear between the two nearest samples, down as well: no antialiasing. 12-bit weights, one rounding.
    case linear
    /// Pillow's `BILINEAR` (a triangle that widens when shrinking), byte for byte as Pillow 9.5 to 12.0.
    case pillowBilinear = "pillow-bilinear"
    /// Pillow's `BICUBIC` (a = -1/2), byte for byte as Pillow 9.5 to 12.0.
    case pillowBicubic = "pillow-bicubic"
    /// ``pillowBilinear`` with the order of passes that Pillow 13.0 takes.
    case pillow13Bilinear = "pillow13-bilinear"
    /// ``pillowBicubic`` with the order of passes that Pillow 13.0 takes.
    case pillow13Bicubic = "pillow13-bicubic"

    /// The part of the identity that names kernel, precision and order of passes.
    var identity: String {
        switch self {
        case .area: "area-down-linear-up/w12"
        case .linear: "linear/w12"
        case .pillowBilinear: "pillow-bilinear/k22/h-then-v"
        case .pillowBicubic: "pillow-bicubic/k22/h-then-v"
        case .pillow13Bilinear: "pillow-bilinear/k22/order13"
        case .pillow13Bicubic: "pillow-bicubic/k22/order13"
        }
    }

    /// The curve of a kernel of Pillow's; `nil` for the others.
    var pillowCurve: PillowCurve? {
        switch self {
        case .area, .linear: nil
        case .pillowBilinear, .pillow13Bilinear: .bilinear
        case .pillowBicubic, .pillow13Bicubic: .bicubic
        }
    }

    /// Whether columns of pixels are resized before rows.
    ///
    /// Pillow 13.0 does so when it makes the picture lower, and by more than twice of what it makes it
    /// narrower: `h < H` and `H - h > 2 * (W - w)`. The order matters since both passes round to bytes.
    package func isVerticalFirst(from source: PixelSize, to target: PixelSize) -> Bool {
        switch self {
        case .area, .linear, .pillowBilinear, .pillowBicubic: false
        case .pillow13Bilinear, .pillow13Bicubic:
            target.height < source.height
                && source.height - target.height > 2 * (source.width - target.width)
        }
    }
}

/// A kernel of Pillow's as a curve over the distance between the centres of target and source.
package enum PillowCurve: Sendable, Hashable {
    case bilinear
    case bicubic
}

/// Width and height in pixels, at least 1 each.
public struct PixelSize: Sendable, Hashable, CustomStringConvertible {
    /// Pixels per row.
    public var width: Int
    /// Rows.
    public var height: Int

    /// A size; each side is at least 1.
    public init(width: Int, height: Int) {
        precondition(width > 0 && height > 0, "a picture has at least one pixel")
        self.width = width
        self.height = height
    }

    /// `640x480`.
    public var description: String { "\(width)x\(height)" }
}
