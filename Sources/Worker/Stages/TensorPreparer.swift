internal import ImageDecoding

/// Turns image files into input tensors, reusing its buffers. One a replica.
struct TensorPreparer {
    private let size: Int
    private var tensor: [UInt8]
    private var scratch = ResizeScratch()

    init(size: Int) {
        self.size = size
        tensor = [UInt8](repeating: 0, count: size * size * 3)
    }

    /// Decodes and resizes `file`, and lends the tensor, `[height, width, 3]`, to `body`.
    mutating func withTensor(
        of file: [UInt8], _ body: (UnsafeBufferPointer<UInt8>) -> Void
    ) throws(ImageDecodingError) {
        let image = try ImageDecoder.decode(file)
        tensor.withUnsafeMutableBufferPointer { output in
            TensorPreparation.prepare(image, size: size, into: output, scratch: &scratch)
        }
        tensor.withUnsafeBufferPointer(body)
    }
}
