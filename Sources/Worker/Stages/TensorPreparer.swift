internal import ImageDecoding

/// Turns image files into input tensors, reusing its buffers. One a replica.
struct TensorPreparer {
    private let preparation: TensorPreparation
    private var tensor: [UInt8]
    private var scratch = ResizeScratch()

    init(_ preparation: TensorPreparation) {
        self.preparation = preparation
        tensor = [UInt8](repeating: 0, count: preparation.byteCount)
    }

    /// Decodes and resizes `file`, and lends the tensor, `[height, width, 3]`, to `body`.
    mutating func withTensor(
        of file: [UInt8], _ body: (UnsafeBufferPointer<UInt8>) -> Void
    ) throws(ImageDecodingError) {
        let image = try preparation.decode(file)
        tensor.withUnsafeMutableBufferPointer { output in
            preparation.prepare(image, into: output, scratch: &scratch)
        }
        tensor.withUnsafeBufferPointer(body)
    }
}
