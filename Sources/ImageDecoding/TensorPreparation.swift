/// Turns a decoded image into the square input tensor of a backbone.
public enum TensorPreparation {
    /// Names everything between file bytes and tensor bytes, for the metadata of an artefact.
    public static let identity = ImageDecoder.identity + " " + Resizer.identity

    /// Writes `image` as a tensor of side `size`.
    ///
    /// - Shape: `[size, size, 3]` (HWC); `tensor.count` must be `size * size * 3`.
    /// - Range: samples in `0...255`, neither centred nor scaled: that is the backbone's matter.
    /// - Rounding: ``Resizer``; an image already of that size is copied.
    public static func prepare(
        _ image: RGBImage,
        size: Int,
        into tensor: UnsafeMutableBufferPointer<UInt8>,
        scratch: inout ResizeScratch
    ) {
        let resizer = scratch.resizer(sourceWidth: image.width, sourceHeight: image.height, size: size)
        image.bytes.withUnsafeBufferPointer { source in
            resizer.resize(source, into: tensor, scratch: &scratch)
        }
    }

    /// The tensor as a new array; for tools and tests, where allocation does not matter.
    public static func tensor(_ image: RGBImage, size: Int) -> [UInt8] {
        var scratch = ResizeScratch()
        return [UInt8](unsafeUninitializedCapacity: size * size * 3) { buffer, count in
            let tensor = UnsafeMutableBufferPointer(rebasing: buffer[..<(size * size * 3)])
            prepare(image, size: size, into: tensor, scratch: &scratch)
            count = size * size * 3
        }
    }
}
