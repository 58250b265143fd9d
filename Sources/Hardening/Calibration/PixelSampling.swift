/// Which output pixels of a layer take part in correlations; everything else uses all pixels.
///
/// Neighbouring pixels say nearly the same, so a few thousand spread evenly serve as well as millions.
package enum PixelSampling {
    /// The most samples of a layer over all images.
    package static let samplesMax = 12_288

    /// How many pixels each image gives.
    ///
    /// - Range: at least 1, at most `pixels`.
    package static func count(images: Int, pixels: Int) -> Int {
        max(1, min(pixels, samplesMax / max(images, 1)))
    }

    /// Distinct pixels of one image in one layer, in rising order: one from each of `count` equal strips.
    ///
    /// They depend on the arguments alone.
    package static func positions(image: Int, layer: Int, pixels: Int, count: Int) -> [Int] {
        precondition(count > 0 && count <= pixels, "there are as many pixels as samples at least")
        return (0..<count).map { strip in
            let first = strip * pixels / count
            let size = (strip + 1) * pixels / count - first
            let mixed = hash(UInt64(image) << 32 | UInt64(layer) << 20 | UInt64(strip))
            return first + Int(mixed % UInt64(size))
        }
    }

    /// SplitMix64's output function.
    private static func hash(_ value: UInt64) -> UInt64 {
        var mixed = (value &+ 1) &* 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
