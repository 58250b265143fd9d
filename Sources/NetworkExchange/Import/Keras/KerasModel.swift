/// A Keras network as its configuration tells it: models within models are taken apart, layers stand behind what they
/// read.
struct KerasModel {
    var layers: [KerasLayer] = []
    /// `[images, rows, columns, colours]` of the first input that states any; 0 is not fixed.
    var inputShape: [Int] = []
    /// Identifiers of inputs.
    var inputs: [String] = []
    var output = ""
    /// The outermost layer that is being taken apart.
    private var group = ""

    /// Takes apart the model that `text` describes in JSON.
    ///
    /// - Throws: `keras`.
    init(configuration text: some StringProtocol) throws(NetworkImportError) {
        guard text.utf8.count <= Self.configurationBytesMax else {
            throw .keras(
                reason:
                    "its configuration has \(text.utf8.count) bytes, above \(Self.configurationBytesMax); is this a "
                    + "MobileNetV2?")
        }
        let root: JSONValue
        do throws(JSONReader.Failure) {
            root = try JSONReader.value(Array(text.utf8))
        } catch {
            throw .keras(
                reason:
                    "its configuration is no JSON at byte \(error.offset): \(error.problem); save the model again"
            )
        }
        output = try append(root, scope: "", place: "", arguments: [])
    }

    /// A model of given layers, each reading the one before.
    init(chain layers: [KerasLayer], input: String, output: String) {
        (self.layers, inputs, self.output) = (layers, [input], output)
    }

    private static let models: Set<String> = ["Functional", "Model", "Sequential"]
    /// A MobileNetV2's has 160 kB.
    static let configurationBytesMax = 1 << 22

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
            guard calls.first.map(KerasCall.isTraining) != true else {
                throw .keras(
                    reason:
                        "layer \(shown(name)) is called with training=True, which changes what it answers; build the "
                        + "network for inference and save it again")
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
        if scope.isEmpty { group = name }
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
                className: try Self.className(of: entry, name), name: name, id: id, place: place,
                group: scope.isEmpty ? name : group, settings: settings, arguments: arguments))
        return id
    }

    /// The class of a layer, if it is Keras's own: files of Keras 3 say of whom each class is, and another `Conv2D` may do
    /// anything.
    private static func className(of entry: JSONValue, _ name: String) throws(NetworkImportError) -> String {
        let kind = entry["class_name"]?.text ?? ""
        let registered = entry["registered_name"]?.text
        let module = entry["module"]?.text
        let isOwn = module.map { text in
            ["keras", "tf_keras", "tensorflow"].contains { text == $0 || text.hasPrefix($0 + ".") }
        }
        guard isOwn ?? (registered == nil), registered?.contains(">") != true else {
            throw .keras(
                reason: "layer \(shown(name)) is of class \(shown(registered ?? kind)) of module "
                    + "\(shown(module ?? "none")), which only its own code knows; export it with tf2onnx")
        }
        return kind
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
