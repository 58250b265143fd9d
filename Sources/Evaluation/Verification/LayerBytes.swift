public import HardenedBackbone

/// Everything a network computes for one image: the output of each layer, and the features.
public struct LayerBytes: Sendable, Hashable {
    /// The output of each layer.
    ///
    /// - Shape: `[layers][height, width, channels]`, signed outputs as two's complement.
    public let layers: [[UInt8]]
    /// The pooled features.
    ///
    /// - Shape: `[featureCount]`.
    public let features: [UInt8]

    /// Runs the normative reference.
    ///
    /// - Cost: some 30 ms for 96x96 and width 1.
    public init(reference artifact: BackboneArtifact, image: [UInt8]) {
        var layers: [[UInt8]] = []
        features = ReferenceBackbone.run(artifact, image: image) { _, bytes in layers.append(bytes) }
        self.layers = layers
    }

    /// Runs the executor.
    public init(_ replica: BackboneReplica, image: [UInt8]) {
        var layers: [[UInt8]] = []
        var features = [UInt8](repeating: 0, count: replica.plan.network.featureCount)
        features.withUnsafeMutableBufferPointer { output in
            image.withUnsafeBufferPointer { input in
                replica.extractFeatures(
                    image: input,
                    into: output,
                    observe: { _, bytes in layers.append(Array(bytes)) }
                )
            }
        }
        self.layers = layers
        self.features = features
    }

    /// The first place where `found` differs from these bytes; `nil` where they are equal.
    public func firstDifference(_ found: LayerBytes, network: NetworkDescription) -> LayerDifference? {
        for (index, layer) in network.layers.enumerated() {
            if let difference = LayerDifference(layer.name, layers[index], found.layers[index]) {
                return difference
            }
        }
        return LayerDifference("features", features, found.features)
    }
}

/// The first byte in which two runs of a layer differ.
public struct LayerDifference: Sendable, Hashable, Encodable, CustomStringConvertible {
    /// Name of the layer, or `features`.
    public let layer: String
    /// Index into the layer's output.
    public let element: Int
    /// The byte that was expected there.
    public let expected: UInt8
    /// The byte that was found.
    public let found: UInt8

    init?(_ layer: String, _ expected: [UInt8], _ found: [UInt8]) {
        precondition(expected.count == found.count, "both runs are of the same network")
        guard let element = expected.indices.first(where: { expected[$0] != found[$0] }) else { return nil }
        self.layer = layer
        self.element = element
        self.expected = expected[element]
        self.found = found[element]
    }

    /// For people.
    public var description: String {
        "layer \(layer), element \(element): expected \(expected), found \(found)"
    }
}
