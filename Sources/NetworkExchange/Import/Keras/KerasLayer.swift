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
    /// The outermost layer that it is part of, whose group legacy files file its weights in.
    var group = ""
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

    /// Whether Keras 2 calls it as in training, whatever the caller wants. Keras 3 does not keep that.
    static func isTraining(_ call: JSONValue) -> Bool {
        guard let list = call.list else { return false }
        let entries = list.first?.text == nil ? list : [call]
        return entries.contains { ($0.list?.count ?? 0) > 3 && $0.list?[3]["training"]?.flag == true }
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
