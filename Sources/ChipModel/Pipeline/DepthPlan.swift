public import HardenedBackbone

/// How many register stages each layer of the chip has, from its input registers to its output row register.
///
/// Three stages are the compressor tree, the carry-propagate adder with shift and saturation, and the output
/// register; a fourth distributes a wide layer's input over its neurons.
public struct DepthPlan: Hashable, Sendable {
    /// Legal depths of one layer, in cycles.
    public static let range: ClosedRange<Int> = 0...16

    /// Depth of each layer of the network, in cycles, each in ``range``.
    public let layers: [Int]

    /// The same depth for every layer.
    ///
    /// - Range: `depth` in ``range``; others are a fault of the caller.
    public static func uniform(_ depth: Int, of network: NetworkDescription) -> DepthPlan {
        DepthPlan(network) { _ in depth }
    }

    /// `base` everywhere but in 1x1 layers of at least `fanIn` inputs, which have `deep`.
    ///
    /// - Range: both depths in ``range``.
    public static func pointwise(
        from fanIn: Int,
        deep: Int,
        base: Int = 3,
        of network: NetworkDescription
    ) -> DepthPlan {
        DepthPlan(network) { $0.kernelSize == 1 && $0.weightsPerChannel >= fanIn ? deep : base }
    }

    /// A depth by layer.
    public init(_ network: NetworkDescription, depth: (NetworkLayer) -> Int) {
        layers = network.layers.map(depth)
        precondition(layers.allSatisfy(Self.range.contains), "depths are 0 to 16 cycles")
    }
}
