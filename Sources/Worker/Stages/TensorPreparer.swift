package import ImageDecoding
package import Threads

/// Turns image files into input tensors, reusing its buffers. One a replica.
package struct TensorPreparer {
    private let preparation: TensorPreparation
    private let memory: ByteBudget
    private var tensor: [UInt8]
    private var scratch = ResizeScratch()

    /// Decodes within `memory`, which all replicas share.
    package init(_ preparation: TensorPreparation, memory: ByteBudget) {
        self.preparation = preparation
        self.memory = memory
        tensor = [UInt8](repeating: 0, count: preparation.byteCount)
    }

    /// Decodes and resizes `file`, and lends the tensor, `[height, width, 3]`, to `body`.
    package mutating func withTensor(
        of file: [UInt8], _ body: (UnsafeBufferPointer<UInt8>) -> Void
    ) throws(ImageDecodingError) {
        try prepare(file)
        tensor.withUnsafeBufferPointer(body)
    }

    /// The picture is gone when this returns, and its memory given back.
    private mutating func prepare(_ file: [UInt8]) throws(ImageDecodingError) {
        var share = 0
        defer { memory.release(share) }
        let image = try preparation.decode(file, reserve: { share = memory.acquire($0) })
        tensor.withUnsafeMutableBufferPointer { output in
            preparation.prepare(image, into: output, scratch: &scratch)
        }
    }
}
