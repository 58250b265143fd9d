public import ClassifierHead
public import HardenedBackbone
internal import QuantizedTensors

/// Writes a hardened backbone as ONNX with `QuantizeLinear` and `DequantizeLinear` around float operators, so
/// that other engines run the very same integers.
///
/// Real numbers in the graph are in units of 6/255 (the global unit of the arithmetic), so that every scale is
/// a power of two and every product and sum of a float engine is exact. `QuantizeLinear` rounds half to even;
/// the arithmetic rounds half up. Half an accumulator unit, added before rounding, turns every tie into "up"
/// and changes nothing else. See the decision `0001-exact-qdq`.
///
/// Input `image`: unsigned bytes, no preprocessing. Outputs: `features`, unsigned bytes `[N, features]`, and
/// with a head `logits`, float `[N, classes]`, in real units.
public struct QDQExporter: Sendable {
    /// Order of the input's dimensions.
    public enum Layout: String, Sendable, CaseIterable {
        /// `[N, size, size, 3]`, as images are stored.
        case nhwc
        /// `[N, 3, size, size]`, as frameworks train.
        case nchw
    }

    /// What decides ties.
    public enum Rounding: String, Sendable, CaseIterable {
        /// Half up, by half an accumulator unit: equal to the bit in engines whose sums are exact.
        case exact
        /// Half to even, the engine's own: allows int8 kernels, which differ by one code at ties.
        case engine
    }

    /// Versions of the standard operators that can be written.
    public static let opsets = 13...21

    /// Order of the input's dimensions.
    public var layout = Layout.nhwc
    /// What decides ties.
    public var rounding = Rounding.exact
    /// Version of the standard operators, in ``opsets``.
    public var opset = 19

    /// An exporter with the defaults: NHWC, exact, opset 19.
    public init() {}

    /// The model file; the same artefact, head and options give the same bytes.
    ///
    /// - Throws: `wrongWidth` or `otherBackbone` if the head belongs to another backbone.
    public func onnx(artifact: BackboneArtifact, head: ClassifierHead?) throws(HeadError) -> [UInt8] {
        precondition(Self.opsets.contains(opset), "the operator set is one of QDQExporter.opsets")
        try head?.verify(
            fits: artifact.digest, featureCount: artifact.network.featureCount,
            preprocessing: artifact.preprocessing)
        var builder = QDQGraph(artifact: artifact, rounding: rounding)
        builder.image(layout)
        for index in artifact.network.layers.indices { builder.layer(index) }
        builder.pool()
        if let head { builder.classifier(head) }
        return builder.model(opset: opset, layout: layout, head: head).encoded()
    }

    /// Output channels for which no input whatsoever can make a float sum inexact: every partial sum of
    /// products, bias, residual and half a unit stays below 2^23.
    ///
    /// Real images stay far below the worst case, so the others are exact in practice too.
    public static func provenExactChannels(_ artifact: BackboneArtifact) -> (proven: Int, all: Int) {
        var proven = 0
        var all = 0
        for (layer, numbers) in zip(artifact.network.layers, artifact.layers) {
            let count = layer.weightsPerChannel
            let reach = layer.inputType == .u8 ? 255 : 128
            for channel in 0..<layer.output.channels {
                var sum = numbers.weights[channel * count..<(channel + 1) * count]
                    .reduce(0) { $0 + Int($1.magnitude) * reach }
                sum += Int(numbers.bias[channel].magnitude) + 1
                if layer.kind == .stem { sum += 255 * 64 * 27 }
                if layer.residualSource != nil {
                    sum += 128 << (Int(numbers.shift[channel]) + Int(numbers.residualShift))
                }
                if sum < 1 << 23 { proven += 1 }
                all += 1
            }
        }
        return (proven, all)
    }
}
