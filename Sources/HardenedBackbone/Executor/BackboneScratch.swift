import CShiftKernels
import QuantizedTensors

/// The activation memory of one replica, reused by all blocks of all images.
final class BackboneScratch {
    typealias Bytes = UnsafeMutablePointer<UInt8>

    /// The image with a border of one pixel of the mean colour.
    let image: Bytes
    /// Rows between a block's widening and its depthwise layer.
    let ring: Bytes
    /// Rows between a block's depthwise layer and its projection.
    let band: Bytes
    /// Outputs of blocks, used in turn, so that a block can add its input to its output.
    let linear: (Bytes, Bytes)
    /// Output of the last layer.
    let last: Bytes
    /// A row of zeros, for the padding of depthwise layers.
    let zeros: Bytes

    /// What the pointers point into.
    private let owned: [AlignedStorage]
    private let size: Int
    private let grayToRGB: @convention(c) (UnsafePointer<hsf_gray_to_rgb_args>?) -> Void

    init(_ plan: BackbonePlan, blocks: [FusedBlock]) {
        func largest(_ bytes: (FusedBlock) -> Int) -> Int { blocks.map(bytes).max() ?? 0 }
        size = plan.network.inputSize
        grayToRGB = plan.storage.kernels.gray_to_rgb
        let padded = (size + 2) * (size + 2)
        owned = [
            padded * 3, largest(\.ringBytes), largest(\.bandBytes), largest(\.outputBytes),
            largest(\.outputBytes), plan.network.pooledShape.elementCount, largest(\.zeroBytes),
        ].map { AlignedStorage(byteCount: $0) }
        image = owned[0].bytes
        ring = owned[1].bytes
        band = owned[2].bytes
        linear = (owned[3].bytes, owned[4].bytes)
        last = owned[5].bytes
        zeros = owned[6].bytes
        // The border stays as it is written here; every image overwrites the inside only.
        for pixel in 0..<padded {
            for colour in 0..<3 { image[pixel * 3 + colour] = plan.storage.inputMean[colour] }
        }
    }

    /// Bytes of all buffers.
    var byteCount: Int { owned.reduce(0) { $0 + $1.byteCount } }

    /// Copies an image into the padded one.
    ///
    /// - Shape: `[size, size, 3]`, or `[size, size]` for three equal channels.
    func pad(_ source: UnsafeBufferPointer<UInt8>) {
        let isGray = source.count == size * size
        precondition(
            isGray || source.count == size * size * 3,
            "the image has inputSize * inputSize * 3 bytes, or a third of that")
        guard let base = source.baseAddress else { return }
        for row in 0..<size {
            let target = image + ((row + 1) * (size + 2) + 1) * 3
            if isGray {
                let arguments = hsf_gray_to_rgb_args(input: base + row * size, output: target, pixels: size)
                withUnsafePointer(to: arguments) { grayToRGB($0) }
            } else {
                target.update(from: base + row * size * 3, count: size * 3)
            }
        }
    }
}
