import QuantizedTensors

/// The activation memory of one replica, reused by all layers of all images.
final class BackboneScratch {
    /// The image with a border of one pixel of the mean colour.
    let image: AlignedStorage
    /// Output of stem, expand and last layers.
    let wide: AlignedStorage
    /// Output of depthwise layers.
    let filtered: AlignedStorage
    /// Outputs of projections, used in turn, so that a block can add its input to its output.
    let linear: [AlignedStorage]
    /// A row of zeros, for the padding of depthwise layers.
    let zeros: AlignedStorage
    /// The feature vector.
    let features: AlignedStorage

    private let size: Int

    init(_ plan: BackbonePlan) {
        let layers = plan.network.layers
        func largest(_ kinds: Set<NetworkLayer.Kind>) -> AlignedStorage {
            AlignedStorage(
                byteCount: layers.filter { kinds.contains($0.kind) }.map(\.output.elementCount).max() ?? 0
            )
        }
        size = plan.network.inputSize
        image = AlignedStorage(byteCount: (size + 2) * (size + 2) * 3)
        wide = largest([.stem, .expand, .last])
        filtered = largest([.depthwise])
        linear = [largest([.project]), largest([.project])]
        zeros = AlignedStorage(byteCount: layers.map(\.input.channels).max() ?? 0)
        features = AlignedStorage(byteCount: plan.network.featureCount)
        // The border stays as it is written here; every image overwrites the inside only.
        for pixel in 0..<(size + 2) * (size + 2) {
            for colour in 0..<3 { image.bytes[pixel * 3 + colour] = plan.storage.inputMean[colour] }
        }
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
