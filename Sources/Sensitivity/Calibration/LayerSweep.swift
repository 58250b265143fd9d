import HardenedBackbone
import QuantizedTensors

/// Carries calibration images through a network one layer at a time, all images together.
///
/// Uses the layers of the normative reference: exact, and needed for few images only.
struct LayerSweep {
    /// Sums over all images and pixels, for one layer and each of its output channels.
    struct Totals {
        /// Accumulators without bias and residual.
        var accumulators: [Int64]
        /// The residual's values; zeros where nothing is added.
        var residuals: [Int64]
        /// How many values each sum has.
        var count: Int64
    }

    private let network: NetworkDescription
    private let inputMean: [UInt8]
    private let images: [[UInt8]]
    /// Outputs per layer and image; emptied when no later layer reads them.
    private var outputs: [[[UInt8]]] = []

    init(network: NetworkDescription, inputMean: [UInt8], images: [[UInt8]]) {
        self.network = network
        self.inputMean = inputMean
        self.images = images
    }

    /// The layer whose turn it is.
    var next: Int { outputs.count }

    /// The totals of the next layer with other weights than it will run with.
    func totals(weights: [Int8]) -> Totals { accumulate(weights).totals }

    /// Runs the next layer: `choose` sees its totals with `weights` and decides on the numbers to run with.
    ///
    /// - Returns: what `choose` returned.
    /// - Cost: holds the layer's accumulators of all images, four times the bytes of its output.
    @discardableResult
    mutating func run(
        weights: [Int8],
        rounding: ActivationRounding?,
        choose: (Totals) -> LayerParameters
    ) -> LayerParameters {
        let layer = network.layers[next]
        let (sums, totals) = accumulate(weights)
        let parameters = choose(totals)
        precondition(parameters.weights == weights, "only bias and shift are chosen here")
        let sources = layer.residualSource.map { outputs[$0] }
        outputs.append(
            sums.indices.map { image in
                var output = ReferenceBackbone.requantize(
                    layer,
                    parameters,
                    sums[image],
                    residual: sources.map { $0[image] }
                )
                output.withUnsafeMutableBufferPointer { rounding?.round($0, of: layer.outputType) }
                return output
            }
        )
        for earlier in outputs.indices.dropLast() where !isRead(earlier) { outputs[earlier] = [] }
        return parameters
    }

    private func accumulate(_ weights: [Int8]) -> (sums: [[Int32]], totals: Totals) {
        let layer = network.layers[next]
        let channels = layer.output.channels
        let inputs = next == 0 ? images : outputs[next - 1]
        let sums = inputs.map { ReferenceBackbone.convolve(layer, weights, $0, padding: inputMean) }
        var totals = Totals(
            accumulators: [Int64](repeating: 0, count: channels),
            residuals: [Int64](repeating: 0, count: channels),
            count: Int64(inputs.count * layer.output.pixelCount)
        )
        for image in sums { Self.add(image, channels: channels, to: &totals.accumulators) { Int64($0) } }
        if let source = layer.residualSource {
            for image in outputs[source] {
                Self.add(image, channels: channels, to: &totals.residuals) {
                    Int64(Int8(bitPattern: $0))
                }
            }
        }
        return (sums, totals)
    }

    private static func add<Value>(
        _ values: [Value],
        channels: Int,
        to totals: inout [Int64],
        _ number: (Value) -> Int64
    ) {
        for first in stride(from: 0, to: values.count, by: channels) {
            for channel in 0..<channels { totals[channel] += number(values[first + channel]) }
        }
    }

    private func isRead(_ layer: Int) -> Bool {
        network.layers.indices.contains { later in
            later >= outputs.count && (later - 1 == layer || network.layers[later].residualSource == layer)
        }
    }
}
