/// Turns decoded images into the square input tensors of one backbone.
///
/// - Shape: `[size, size, 3]` (HWC), samples in `0...255`, neither centred nor scaled: that is folded into the
///   backbone's weights.
/// - Rounding: ``Resizer``; what is not resampled is copied.
public struct TensorPreparation: Sendable, Hashable {
    /// What is done to an image.
    public let preprocessing: Preprocessing
    /// Rows and columns of a tensor.
    public let size: Int

    /// Preparation of tensors of side `size`, in 1...4096.
    ///
    /// - Throws: ``PreprocessingError`` if that preprocessing can not give tensors of that side.
    public init(_ preprocessing: Preprocessing, size: Int) throws(PreprocessingError) {
        precondition((1...4_096).contains(size), "a tensor's side is 1 to 4096")
        try preprocessing.check(size: size)
        self.preprocessing = preprocessing
        self.size = size
    }

    /// Bytes of a tensor.
    public var byteCount: Int { size * size * 3 }

    /// Names everything between file bytes and tensor bytes, and the colours of training.
    public var identity: String { preprocessing.identity }

    /// Decodes an image file, upright where the preprocessing says so.
    ///
    /// - Parameter reserve: called once, with the most bytes that are held at once, before they are allocated; may wait
    ///   until they are there.
    /// - Throws: every case of ``ImageDecodingError``.
    public func decode(
        _ file: [UInt8], reserve: (Int) -> Void = { _ in }
    ) throws(ImageDecodingError) -> RGBImage {
        let orientation = preprocessing.orientation == .apply ? EXIFOrientation(of: file) : .upright
        let image = try ImageDecoder.decode(
            file, reserve: { reserve($0.peak(isTurned: orientation != .upright)) })
        return image.oriented(orientation)
    }

    /// Writes `image` as a tensor; `tensor.count` must be ``byteCount``.
    public func prepare(
        _ image: RGBImage, into tensor: UnsafeMutableBufferPointer<UInt8>, scratch: inout ResizeScratch
    ) {
        let resizer = scratch.resizer(
            preprocessing, source: PixelSize(width: image.width, height: image.height), size: size)
        image.bytes.withUnsafeBufferPointer { source in
            resizer.resize(source, into: tensor, scratch: &scratch)
        }
        guard preprocessing.channels == .bgr else { return }
        for index in stride(from: 0, to: tensor.count, by: 3) { tensor.swapAt(index, index + 2) }
    }

    /// The tensor as a new array; for tools and tests, where allocation does not matter.
    public func tensor(_ image: RGBImage) -> [UInt8] {
        var scratch = ResizeScratch()
        return [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
            let tensor = UnsafeMutableBufferPointer(rebasing: buffer[..<byteCount])
            prepare(image, into: tensor, scratch: &scratch)
            count = byteCount
        }
    }
}
