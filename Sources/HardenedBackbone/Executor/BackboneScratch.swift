import QuantizedTensors

/// The activation memory of one replica, reused by all blocks of all images.
final class BackboneScratch {
    /// The image with a border of one pixel of the mean colour.
    let image: AlignedStorage
    /// Rows between a block's widening and its depthwise layer.
    let ring: AlignedStorage
    /// Rows between a block's depthwise layer and its projection.
    let band: AlignedStorage
    /// Outputs of blocks, used in turn, so that a block can add its input to its output.
    let linear: [AlignedStorage]
    /// Output of the last layer.
    let last: AlignedStorage
    /// A row of zeros, for the padding of depthwise layers.
    let zeros: AlignedStorage

    private let size: Int

    init(_ plan: BackbonePlan, blocks: [FusedBlock]) {
        func largest(_ bytes: (FusedBlock) -> Int) -> AlignedStorage {
            AlignedStorage(byteCount: blocks.map(bytes).max() ?? 0)
        }
        size = plan.network.inputSize
        image = AlignedStorage(byteCount: (size + 2) * (size + 2) * 3)
        ring = largest(\.ringBytes)
        band = largest(\.bandBytes)
        linear = [largest(\.outputBytes), largest(\.outputBytes)]
        last = AlignedStorage(byteCount: plan.network.pooledShape.elementCount)
        zeros = largest(\.zeroBytes)
        // The border stays as it is written here; every image overwrites the inside only.
        for pixel in 0..<(size + 2) * (size + 2) {
            for colour in 0..<3 { image.bytes[pixel * 3 + colour] = plan.storage.inputMean[colour] }
        }
    }

    /// Bytes of all buffers.
    var byteCount: Int {
        ([image, ring, band, last, zeros] + linear).reduce(0) { $0 + $1.byteCount }
    }

    /// Copies an image into the padded one.
    func pad(_ source: UnsafeBufferPointer<UInt8>) {
        precondition(source.count == size * size * 3, "the image has inputSize * inputSize * 3 bytes")
        guard let base = source.baseAddress else { return }
        for row in 0..<size {
            (image.bytes + ((row + 1) * (size + 2) + 1) * 3).update(
                from: base + row * size * 3,
                count: size * 3
            )
        }
    }
}
