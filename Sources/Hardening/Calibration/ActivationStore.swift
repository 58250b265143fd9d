internal import HardenedBackbone
internal import QuantizedTensors

/// What the hardened layers so far give for every calibration image, in bounded memory.
///
/// A layer's output is kept where that of all images fits `bytesMax`, and always at the end of a block, which is
/// small. In between it is computed again, image by image, from the last output that was kept: the wide layers at
/// the beginning of the network would fill memory, and only they are computed more than once.
struct ActivationStore: Sendable {
    private let bytesMax: Int
    /// The last outputs that were kept, one array an image.
    private var kept: [[UInt8]]
    /// Layers hardened since; none of them adds a residual.
    private var since: [ByteLayer] = []
    /// Outputs that a later layer adds, one array an image; empty if none does.
    private(set) var residuals: [[UInt8]] = []

    /// Begins with the images themselves.
    init(_ images: [[UInt8]], bytesMax: Int) {
        kept = images
        self.bytesMax = bytesMax
    }

    /// How many images there are.
    var count: Int { kept.count }

    /// The bytes that the next layer reads of an image.
    func input(_ image: Int) -> [UInt8] { since.reduce(kept[image]) { $1.run($0, residual: nil) } }

    /// Carries every image through a layer that is hardened now, and shows each output once.
    ///
    /// - Returns: what `look` said of every image, in order.
    mutating func advance<Facts: Sendable>(
        through hardened: ByteLayer, _ index: Int, of network: NetworkDescription, crew: WorkCrew,
        look: @Sendable (_ image: Int, _ output: [UInt8]) -> Facts
    ) -> [Facts] {
        let layer = network.layers[index]
        let keeps =
            layer.kind == .project || layer.kind == .last
            || layer.output.elementCount * kept.count <= bytesMax
        let store = self
        let added = layer.residualSource == nil ? [] : residuals
        let outcomes = crew.map(kept.count) { image -> (facts: Facts, output: [UInt8]) in
            let output = hardened.run(
                store.input(image), residual: added.isEmpty ? nil : added[image])
            return (look(image, output), keeps ? output : [])
        }
        if keeps {
            (kept, since) = (outcomes.map(\.output), [])
        } else {
            since.append(hardened)
        }
        if layer.residualSource != nil { residuals = [] }
        if network.layers.contains(where: { $0.residualSource == index }) { residuals = kept }
        return outcomes.map(\.facts)
    }
}
