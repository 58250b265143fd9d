/// A value of JSON whose form is not known beforehand.
package enum JSONValue: Sendable, Equatable {
    case null
    case flag(Bool)
    case number(Double)
    case text(String)
    case list([JSONValue])
    case object([String: JSONValue])

    /// The entry of an object.
    subscript(_ key: String) -> JSONValue? {
        guard case .object(let entries) = self, let entry = entries[key], !entry.isNull else { return nil }
        return entry
    }

    var isNull: Bool {
        guard case .null = self else { return false }
        return true
    }

    var flag: Bool? {
        guard case .flag(let flag) = self else { return nil }
        return flag
    }

    var number: Double? {
        guard case .number(let number) = self else { return nil }
        return number
    }

    var integer: Int? { number.flatMap { Int(exactly: $0) } }

    var text: String? {
        guard case .text(let text) = self else { return nil }
        return text
    }

    var list: [JSONValue]? {
        guard case .list(let list) = self else { return nil }
        return list
    }

    /// One number or a list of nothing else.
    var numbers: [Double]? {
        if let number { return [number] }
        guard let list else { return nil }
        let numbers = list.compactMap(\.number)
        return numbers.count == list.count ? numbers : nil
    }

    /// A list of integers; one that is `null` is 0.
    var integers: [Int]? {
        guard let list else { return nil }
        let integers = list.compactMap { $0.isNull ? 0 : $0.integer }
        return integers.count == list.count ? integers : nil
    }
}

/// Texts of Keras's files.
enum KerasJSON {
    /// A list of texts, such as the metadata of an HDF5 file.
    static func texts(_ text: String?) -> [String] {
        guard let text, let value = try? JSONReader.value(Array(text.utf8)) else { return [] }
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
