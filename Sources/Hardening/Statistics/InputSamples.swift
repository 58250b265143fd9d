internal import HardenedBackbone
internal import QuantizedTensors

/// What a layer's hardened inputs look like: patches at the sampled pixels, and mean patches over all.
///
/// Everything is an exact integer until it is divided, so the order of work does not matter.
struct InputSamples: Sendable {
    /// How many patches.
    let count: Int
    /// Elements of a patch.
    let dimensions: Int
    /// Patches of all images, image after image.
    ///
    /// - Shape: `[dimensions, count]`.
    let columns: [Int16]
    /// The mean of every element over all pixels of all images.
    ///
    /// - Shape: `[dimensions]`.
    let means: [Double]

    /// What one image gives: `[samples, dimensions]` and sums.
    struct Part: Sendable {
        let patches: [Int16]
        let sums: [Int32]
    }

    /// Reads the patches of layer `index` in every image.
    static func gather(
        _ layer: NetworkLayer, index: Int, _ activations: ActivationStore, inputMean: [UInt8], crew: WorkCrew
    ) -> InputSamples {
        let pixels = layer.output.pixelCount
        let perImage = PixelSampling.count(images: activations.count, pixels: pixels)
        let parts = crew.map(activations.count) { image in
            let bytes = activations.input(image)
            let positions = PixelSampling.positions(
                image: image, layer: index, pixels: pixels, count: perImage)
            return layer.inputType == .s8
                ? part(PatchReader<Int8>(layer), positions, bytes.map { Int8(bitPattern: $0) }, [])
                : part(
                    PatchReader<UInt8>(layer, padding: inputMean.map(Int16.init)), positions, bytes,
                    inputMean.map(Int32.init))
        }
        return assembled(parts, perImage: perImage, pixels: pixels)
    }

    private static func part<Element: PatchElement>(
        _ reader: PatchReader<Element>, _ positions: [Int], _ input: [Element], _ outside: [Int32]
    ) -> Part where Element.Gathered == Int16, Element.Sum == Int32 {
        let count = reader.count
        var patches = [Int16](repeating: 0, count: positions.count * count)
        patches.withUnsafeMutableBufferPointer { patches in
            input.withUnsafeBufferPointer { input in
                guard let input = input.baseAddress, let patches = patches.baseAddress else { return }
                for (index, position) in positions.enumerated() {
                    reader.read(position, from: input, into: patches + index * count)
                }
            }
        }
        return Part(patches: patches, sums: reader.sums(of: input, padding: outside))
    }

    private static func assembled(_ parts: [Part], perImage: Int, pixels: Int) -> InputSamples {
        let dimensions = parts[0].sums.count
        let count = parts.count * perImage
        var columns = [Int16](repeating: 0, count: dimensions * count)
        var sums = [Int64](repeating: 0, count: dimensions)
        columns.withUnsafeMutableBufferPointer { columns in
            for (image, part) in parts.enumerated() {
                for sample in 0..<perImage {
                    let target = image &* perImage &+ sample
                    for dimension in 0..<dimensions {
                        columns[dimension &* count &+ target] =
                            part.patches[sample &* dimensions &+ dimension]
                    }
                }
                for dimension in 0..<dimensions { sums[dimension] += Int64(part.sums[dimension]) }
            }
        }
        let all = Double(parts.count * pixels)
        return InputSamples(
            count: count, dimensions: dimensions, columns: columns, means: sums.map { Double($0) / all })
    }

    /// Which element of a patch weight `index` of a channel reads.
    static func element(_ index: Int, of channel: Int, in layer: NetworkLayer) -> Int {
        layer.kind == .depthwise ? index * layer.input.channels + channel : index
    }
}
