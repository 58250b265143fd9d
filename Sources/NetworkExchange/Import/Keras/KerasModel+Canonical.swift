internal import HardenedBackbone
internal import QuantizedTensors

extension KerasModel {
    /// MobileNetV2 as Keras builds it, of layers whose numbers are known and whose connections are not: kinds and
    /// counts have to be those of a MobileNetV2, with TensorFlow's padding.
    ///
    /// - Parameter layers: in the network's order, at least within each class.
    /// - Throws: `keras`, saying which layers there are.
    init(weightsOnly layers: [KerasLayer]) throws(NetworkImportError) {
        guard let pattern = NetworkDescription(widthPercent: 100, inputSize: 32) else {
            preconditionFailure("width 1.0 at 32 pixels is legal")
        }
        var queues: [String: ArraySlice<KerasLayer>] = [:]
        for layer in layers { queues[layer.className, default: []].append(layer) }
        let depthwise = pattern.layers.count { $0.kind == .depthwise }
        let convolutions = pattern.layers.count - depthwise
        func count(_ name: String) -> Int { queues[name]?.count ?? 0 }
        let normalizations = count("BatchNormalization")
        let finals = count("Dense") + count("Conv2D") - convolutions
        guard count("DepthwiseConv2D") == depthwise, (0...1).contains(finals),
            (pattern.layers.count...pattern.layers.count + 1).contains(normalizations),
            Set(queues.keys).isSubset(of: ["Conv2D", "DepthwiseConv2D", "BatchNormalization", "Dense"])
        else {
            let found = queues.keys.sorted().map { "\(count($0)) of \(shown($0))" }.joined(separator: ", ")
            throw .keras(
                reason:
                    "the weights are of \(found.isEmpty ? "no layer" : found); MobileNetV2 has \(convolutions) of "
                    + "Conv2D, \(depthwise) of DepthwiseConv2D, \(pattern.layers.count) of BatchNormalization and at "
                    + "most one Dense; save the whole network, not its weights alone")
        }
        var chain = Chain()
        var blockInput = chain.current
        for (index, layer) in pattern.layers.enumerated() {
            if layer.kind == .expand || index == 1 { blockInput = chain.current }
            let kind = layer.kind == .depthwise ? "DepthwiseConv2D" : "Conv2D"
            let stride = JSONValue.number(Double(layer.stride))
            chain.add(
                queues[kind]?.popFirst(),
                settings: ["padding": .text("same"), "strides": .list([stride, stride])])
            chain.add(queues["BatchNormalization"]?.popFirst(), settings: [:])
            if layer.kind != .project {
                chain.add(plain: "ReLU", settings: ["max_value": .number(6)])
            } else if layer.residualSource != nil {
                chain.add(plain: "Add", settings: [:], also: blockInput)
            }
        }
        chain.add(plain: "GlobalAveragePooling2D", settings: ["keepdims": .flag(true)])
        if let last = queues["BatchNormalization"]?.popFirst() { chain.add(last, settings: [:]) }
        if let last = queues["Conv2D"]?.popFirst() ?? queues["Dense"]?.popFirst() {
            chain.add(last, settings: [:])
        }
        self.init(chain: chain.layers, input: chain.input, output: chain.current)
    }

    /// Layers that each read the one before.
    private struct Chain {
        let input = "image"
        var layers: [KerasLayer] = []
        var current = "image"

        mutating func add(_ layer: KerasLayer?, settings: [String: JSONValue]) {
            guard var layer else { return }
            layer.settings = .object(settings)
            layer.arguments = [.tensor(current)]
            current = layer.id
            layers.append(layer)
        }

        mutating func add(plain className: String, settings: [String: JSONValue], also other: String? = nil) {
            let name = "\(className) of \(current)"
            layers.append(
                KerasLayer(
                    className: className, name: name, id: name, place: "", settings: .object(settings),
                    arguments: [.tensor(current)] + (other.map { [.tensor($0)] } ?? [])))
            current = name
        }
    }
}
