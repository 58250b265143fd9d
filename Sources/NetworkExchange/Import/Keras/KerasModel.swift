/// One layer of a Keras network.
struct KerasLayer {
    /// What the layer computes on.
    enum Argument {
        /// The output of the layer with this identifier.
        case tensor(String)
        /// Numbers.
        case numbers([Double])
    }

    var className: String
    /// Unique within its model, where legacy files file its weights.
    var name: String
    /// Unique in the whole network: the names of all models around it, and its own.
    var id: String
    /// The group of its weights in files of Keras 3: `layers/functional/layers/conv2d_3`.
    var place: String
    var settings: JSONValue
    var arguments: [Argument]

    /// The outputs that it reads.
    var inputs: [String] {
        arguments.compactMap { argument in
            guard case .tensor(let id) = argument else { return nil }
            return id
        }
    }
}

/// A Keras network as its configuration tells it: models within models are taken apart, layers stand behind what they
/// read.
struct KerasModel {
    var layers: [KerasLayer] = []
    /// `[images, rows, columns, colours]` of the first input that states any; 0 is not fixed.
    var inputShape: [Int] = []
    /// Identifiers of inputs.
    var inputs: [String] = []
    var output = ""

    /// Takes apart the model that `text` describes in JSON.
    ///
    /// - Throws: `keras`.
    init(configuration text: some StringProtocol) throws(NetworkImportError) {
        let root: JSONValue
        do {
            root = try KerasJSON.value(Array(text.utf8))
        } catch {
            throw .keras(reason: "its configuration is no JSON")
        }
        output = try append(root, scope: "", place: "", arguments: [])
    }

    /// A model of given layers, each reading the one before.
    init(chain layers: [KerasLayer], input: String, output: String) {
        (self.layers, inputs, self.output) = (layers, [input], output)
    }

    private static let models: Set<String> = ["Functional", "Model", "Sequential"]

    /// Takes a model apart; returns the identifier of its output.
    private mutating func append(
        _ model: JSONValue, scope: String, place: String, arguments: [KerasLayer.Argument]
    ) throws(NetworkImportError) -> String {
        guard let kind = model["class_name"]?.text, Self.models.contains(kind), let config = model["config"]
        else {
            throw .keras(
                reason:
                    "the model is of class \(shown(model["class_name"]?.text ?? "none")), which only its own code "
                    + "knows; save a Functional or Sequential model, or export it with tf2onnx")
        }
        // Sequential models of old are lists.
        guard let entries = config["layers"]?.list ?? config.list, !entries.isEmpty else {
            throw .keras(reason: "the model \(shown(scope)) has no layers")
        }
        if kind == "Sequential" { return try chain(entries, config, scope, place, arguments) }
        var outputs: [String: String] = [:]
        var counts: [String: Int] = [:]
        var given = arguments[...]
        for entry in entries {
            let (name, part) = try Self.place(of: entry, in: place, &counts)
            let calls = entry["inbound_nodes"]?.list ?? []
            guard calls.count < 2 else {
                throw .keras(reason: "layer \(shown(name)) is used in \(calls.count) places, expected one")
            }
            var read: [KerasLayer.Argument] = []
            for argument in calls.first.map(KerasCall.arguments) ?? [] {
                guard case .tensor(let local) = argument else {
                    read.append(argument)
                    continue
                }
                guard let id = outputs[local] else {
                    throw .keras(
                        reason: "layer \(shown(name)) reads \(shown(local)), which does not stand before it")
                }
                read.append(.tensor(id))
            }
            if entry["class_name"]?.text == "InputLayer", let first = given.popFirst() { read = [first] }
            outputs[name] = try append(layer: entry, name, scope, part, read)
        }
        let ends = (config["output_layers"]?.list ?? []).flatMap { KerasCall.names($0) }
        let single = config["output_layers"].map { KerasCall.names($0) } ?? []
        let names = ends.isEmpty ? single : ends
        guard names.count == 1, let output = outputs[names[0]] else {
            throw .keras(reason: "the model \(shown(scope)) has \(names.count) outputs, expected one")
        }
        return output
    }

    private mutating func chain(
        _ entries: [JSONValue], _ config: JSONValue, _ scope: String, _ place: String,
        _ arguments: [KerasLayer.Argument]
    ) throws(NetworkImportError) -> String {
        var counts: [String: Int] = [:]
        var read = arguments
        var output = ""
        state(config["build_input_shape"])
        for entry in entries {
            let (name, part) = try Self.place(of: entry, in: place, &counts)
            // Without an input of its own, the first layer is where images come in.
            if read.isEmpty, entry["class_name"]?.text != "InputLayer" {
                state(entry["config"]?["batch_input_shape"])
                let id = Self.joined(scope, "input")
                inputs.append(id)
                read = [.tensor(id)]
            }
            output = try append(layer: entry, name, scope, part, read)
            read = [.tensor(output)]
        }
        return output
    }

    private mutating func append(
        layer entry: JSONValue, _ name: String, _ scope: String, _ place: String,
        _ arguments: [KerasLayer.Argument]
    ) throws(NetworkImportError) -> String {
        let kind = entry["class_name"]?.text ?? ""
        let id = Self.joined(scope, name)
        let settings = entry["config"] ?? .object([:])
        if kind == "InputLayer" {
            state(settings["batch_shape"] ?? settings["batch_input_shape"])
            if case .tensor(let outer)? = arguments.first { return outer }
            inputs.append(id)
            return id
        }
        if Self.models.contains(kind) {
            return try append(entry, scope: id, place: place, arguments: arguments)
        }
        guard layers.count < 4096, id.utf8.count <= 1024 else {
            throw .keras(reason: "it has more layers, or longer names, than a network has")
        }
        layers.append(
            KerasLayer(
                className: kind, name: name, id: id, place: place, settings: settings, arguments: arguments))
        return id
    }

    private mutating func state(_ shape: JSONValue?) {
        guard let sizes = shape?.integers, sizes.count == 4 else { return }
        if inputShape.isEmpty || inputShape[1...2].allSatisfy({ $0 == 0 }) { inputShape = sizes }
    }

    private static func joined(_ scope: String, _ name: String) -> String {
        scope.isEmpty ? name : "\(scope)/\(name)"
    }

    /// A layer's name, and where Keras 3 files its weights: by class, counted within the model.
    private static func place(
        of entry: JSONValue, in place: String, _ counts: inout [String: Int]
    ) throws(NetworkImportError) -> (name: String, place: String) {
        guard let name = entry["name"]?.text ?? entry["config"]?["name"]?.text else {
            throw .keras(reason: "a layer of class \(shown(entry["class_name"]?.text ?? "none")) has no name")
        }
        let group = KerasJSON.snakeCase(entry["class_name"]?.text ?? "")
        let count = counts[group, default: 0]
        counts[group] = count + 1
        return (name, joined(place, "layers/" + (count == 0 ? group : "\(group)_\(count)")))
    }
}

/// What a layer is called on, as Keras 2 and Keras 3 write it.
enum KerasCall {
    /// Outputs of layers by their names in the model, and numbers, in their order.
    ///
    /// Keras 2: `[["conv", 0, 0, {}], ...]`, or one entry without the outer list, whose last part may hold numbers.
    /// Keras 3: `{"args": [...]}` with a `keras_history` for every tensor.
    static func arguments(_ call: JSONValue) -> [KerasLayer.Argument] {
        if let entries = call["args"]?.list { return entries.flatMap(history) }
        guard let entries = call.list else { return [] }
        return entries.first?.text == nil ? entries.flatMap(entry) : entry(call)
    }

    /// The layers that `["dense", 0, 0]`, or a list of such, names.
    static func names(_ value: JSONValue) -> [String] {
        guard let list = value.list else { return [] }
        if let name = list.first?.text { return [name] }
        return list.flatMap(names)
    }

    private static func history(_ value: JSONValue) -> [KerasLayer.Argument] {
        if let name = value["config"]?["keras_history"]?.list?.first?.text { return [.tensor(name)] }
        if let numbers = value.numbers, !numbers.isEmpty { return [.numbers(numbers)] }
        return (value.list ?? []).flatMap(history)
    }

    private static func entry(_ value: JSONValue) -> [KerasLayer.Argument] {
        guard let list = value.list, let name = list.first?.text else { return [] }
        var arguments: [KerasLayer.Argument] = [.tensor(name)]
        if list.count > 3, let numbers = list[3]["y"]?.numbers { arguments.append(.numbers(numbers)) }
        // The other operand may be a layer as well: `["conv", 0, 0]`.
        if list.count > 3, let other = list[3]["y"]?.list?.first?.text { arguments.append(.tensor(other)) }
        return arguments
    }
}
