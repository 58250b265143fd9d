#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

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

/// Texts of Keras's files.
enum KerasJSON {
    static func value(_ bytes: [UInt8]) throws -> JSONValue {
        try JSONDecoder().decode(JSONValue.self, from: Data(bytes))
    }

    /// A list of texts, such as the metadata of an HDF5 file.
    static func texts(_ text: String?) -> [String] {
        guard let text, let value = try? value(Array(text.utf8)) else { return [] }
        return (value.list ?? []).compactMap(\.text)
    }

    /// `DepthwiseConv2D` as `depthwise_conv2d`, as Keras 3 names the groups of a file.
    static func snakeCase(_ name: String) -> String {
        var result = ""
        let letters = Array(name).filter { $0.isLetter || $0.isNumber || $0 == "_" }
        for (index, letter) in letters.enumerated() {
            if index > 0, letter.isUppercase {
                let before = letters[index - 1]
                let isWord = index + 1 < letters.count && letters[index + 1].isLowercase
                if before.isLowercase || (isWord && before != "_") { result += "_" }
            }
            result += letter.lowercased()
        }
        return result
    }
}
