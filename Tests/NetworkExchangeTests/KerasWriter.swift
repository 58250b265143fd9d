import Artifacts
import FloatNetwork
import HardenedBackbone
import NetworkExchange
import QuantizedTensors

/// What a Keras file holds, without HDF5: a configuration in JSON, and arrays by their paths.
struct KerasWriter {
    /// An entry of a model's `layers`.
    struct Layer {
        var className: String
        var name: String
        /// Members of `config`, without braces.
        var config: String
        var inputs: [String]
        /// Calls beyond the first.
        var moreCalls = 0
        /// Numbers of the call, in Keras 3's form.
        var numbers: [Double] = []
        /// More members of the entry, each with a comma before it.
        var members = ""

        var json: String {
            let tensors = inputs.map { #"{"config": {"keras_history": ["\#($0)", 0, 0]}}"# }
            let call =
                #"{"args": [\#((tensors + numbers.map { "\($0)" }).joined(separator: ", "))], "kwargs": {}}"#
            let calls = className == "InputLayer" ? [] : [String](repeating: call, count: 1 + moreCalls)
            return
                #"{"class_name": "\#(className)"\#(members), "name": "\#(name)", "config": {\#(config)}, "inbound_nodes": "#
                + "[\(calls.joined(separator: ", "))]}"
        }
    }

    var layers: [Layer] = []
    var outputs: [String] = []
    var tensors: [String: SafetensorsFile.Tensor] = [:]
    var className = "Functional"
    /// Layers of a model within the model.
    var inner: Set<String> = []
    /// The lists of the whole, where `layers` are a part of it.
    var nestedLists: [String: String]?
    /// Arrays of other than real numbers.
    var skipped: [String] = []

    /// `network` as Keras has it: convolutions with a bias each and ReLU6 behind, TensorFlow's padding, Dense.
    init(_ network: FloatNetwork) {
        var current = "image"
        let side = network.network.inputSize
        add("InputLayer", "image", #""batch_shape": [null, \#(side), \#(side), 3]"#, [])
        var blockInput = current
        for (index, layer) in network.network.layers.enumerated() {
            if layer.kind == .expand || index == 1 { blockInput = current }
            let name = layer.name
            let isDepthwise = layer.kind == .depthwise
            add(
                isDepthwise ? "DepthwiseConv2D" : "Conv2D", name,
                #""strides": [\#(layer.stride), \#(layer.stride)], "padding": "same", "use_bias": true"#,
                [current])
            let numbers = network.layers[index]
            let inputs = isDepthwise ? layer.output.channels : layer.inputChannelsPerGroup
            let outputs = isDepthwise ? 1 : layer.output.channels
            // The reader turns kernels, as TensorFlow pads on the other side.
            let area = layer.kernelSize * layer.kernelSize
            var kernel = [Float](repeating: 0, count: numbers.weights.count)
            for output in 0..<outputs {
                for input in 0..<inputs {
                    for place in 0..<area {
                        kernel[(place * inputs + input) * outputs + output] =
                            numbers.weights[(output * inputs + input) * area + area - 1 - place]
                    }
                }
            }
            set(name, "kernel", [layer.kernelSize, layer.kernelSize, inputs, outputs], kernel)
            set(name, "bias", [numbers.bias.count], numbers.bias)
            current = name
            if layer.kind != .project {
                add("ReLU", "\(name)_relu", #""max_value": 6.0"#, [current])
                current = "\(name)_relu"
            } else if layer.residualSource != nil {
                add("Add", "\(name)_add", "", [blockInput, current])
                current = "\(name)_add"
            }
        }
        add("GlobalAveragePooling2D", "pool", "", [current])
        current = "pool"
        if let classifier = network.classifier {
            let classes = classifier.bias.count
            let features = network.network.featureCount
            add("Dense", "head", #""activation": "softmax""#, [current])
            set(
                "head", "kernel", [features, classes],
                (0..<features * classes).map { classifier.weights[$0 % classes * features + $0 / classes] })
            set("head", "bias", [classes], classifier.bias)
            current = "head"
        }
        outputs = [current]
    }

    mutating func add(_ className: String, _ name: String, _ config: String, _ inputs: [String]) {
        layers.append(Layer(className: className, name: name, config: config, inputs: inputs))
    }

    mutating func set(_ layer: String, _ role: String, _ shape: [Int], _ values: [Float]) {
        let path = "model_weights/\(layer)/\(layer)/\(role):0"
        tensors[path] = .float32(name: path, shape: shape, values: values)
    }

    /// Changes the layer `name`.
    mutating func change(_ name: String, _ body: (inout Layer) -> Void) {
        for index in layers.indices where layers[index].name == name { body(&layers[index]) }
    }

    /// Puts a layer behind `name`, in front of all that read it.
    mutating func insert(_ layer: Layer, behind name: String) {
        var layer = layer
        layer.inputs = [name]
        for index in layers.indices {
            layers[index].inputs = layers[index].inputs.map { $0 == name ? layer.name : $0 }
        }
        outputs = outputs.map { $0 == name ? layer.name : $0 }
        let place = layers.firstIndex { $0.name == name } ?? 0
        layers.insert(layer, at: place + 1)
    }

    var configuration: String {
        let list = layers.map(\.json).joined(separator: ", ")
        let ends = outputs.map { #"["\#($0)", 0, 0]"# }.joined(separator: ", ")
        return
            #"{"class_name": "\#(className)", "config": {"layers": [\#(list)], "output_layers": [\#(ends)]}}"#
    }

    /// The first bytes of an HDF5 file; what it holds is given beside it.
    static let bytes: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]

    /// Options whose HDF5 is this.
    func options(_ configuration: String? = nil, inputSize: Int? = nil) -> ImportOptions {
        var metadata = nestedLists ?? lists
        let text = configuration ?? self.configuration
        metadata["@model_config"] = "[\(quoted(text))]"
        return options(metadata, inputSize: inputSize)
    }

    /// Options whose HDF5 has arrays and these texts.
    func options(_ metadata: [String: String], inputSize: Int? = nil) -> ImportOptions {
        let file = SafetensorsFile(metadata: metadata, tensors: Array(tensors.values)).encoded()
        return ImportOptions(inputSize: inputSize, hdf5: { _ throws(NetworkImportError) in file })
    }

    /// Lists of layers and arrays, as legacy files have them.
    var lists: [String: String] {
        var groups: [String] = []
        var weights: [String: [String]] = [:]
        for layer in layers {
            let group = inner.contains(layer.name) ? "core" : layer.name
            if !groups.contains(group) { groups.append(group) }
            let start = "model_weights/\(group)/\(layer.name)/"
            let order = ["kernel", "bias", "gamma", "beta", "moving_mean", "moving_variance"]
            weights[group, default: []] += tensors.keys.filter { $0.hasPrefix(start) }
                .map { String($0.dropFirst(start.count)) }
                .sorted { (rank($0, order), $0) < (rank($1, order), $1) }.map { "\(layer.name)/\($0)" }
        }
        var lists = ["model_weights@layer_names": list(groups)]
        for (group, names) in weights { lists["model_weights/\(group)@weight_names"] = list(names) }
        if !skipped.isEmpty { lists["@skipped"] = list(skipped) }
        return lists
    }

    private func rank(_ name: String, _ order: [String]) -> Int {
        order.firstIndex { name.hasPrefix($0 + ":") } ?? order.count
    }

    private func list(_ texts: [String]) -> String { "[\(texts.map(quoted).joined(separator: ", "))]" }

    /// Files the numbers of all layers but `outer` in the group of a model called `core`.
    mutating func nest(outer: Set<String>) {
        inner = Set(layers.map(\.name)).subtracting(outer)
        for (path, tensor) in tensors {
            let parts = path.split(separator: "/").map(String.init)
            guard inner.contains(parts[1]) else { continue }
            let moved = "model_weights/core/\(parts[2])/\(parts[3])"
            tensors[path] = nil
            tensors[moved] = SafetensorsFile.Tensor(
                name: moved, elementType: tensor.elementType, shape: tensor.shape, bytes: tensor.bytes)
        }
    }

    private func quoted(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: " ")
            + "\""
    }
}
