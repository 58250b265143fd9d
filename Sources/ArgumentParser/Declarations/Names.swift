/// Which names an option or flag goes by.
public struct NameSpecification: ExpressibleByArrayLiteral, Sendable {
    /// The spellings that a property gives, with hyphens, short ones first.
    let names: @Sendable (_ property: String) -> [String]

    private init(_ names: @escaping @Sendable (String) -> [String]) { self.names = names }

    /// Several at once.
    public init(arrayLiteral parts: NameSpecification...) {
        names = { property in
            let all = parts.flatMap { $0.names(property) }
            return all.filter { !$0.hasPrefix("--") } + all.filter { $0.hasPrefix("--") }
        }
    }

    /// `--` and the property's name in kebab case.
    public static let long = Self { ["--\($0.kebabCase)"] }
    /// `-` and the first letter of the property's name.
    public static let short = Self { ["-\($0.prefix(1))"] }
    /// Both.
    public static let shortAndLong: Self = [.short, .long]
    /// `--` and this name.
    public static func customLong(_ name: String) -> Self { Self { _ in ["--\(name)"] } }
    /// `-` and this letter.
    public static func customShort(_ letter: Character) -> Self { Self { _ in ["-\(letter)"] } }
}

/// What help says of an argument.
public struct ArgumentHelp: ExpressibleByStringInterpolation, Sendable {
    let abstract: String
    let discussion: String

    /// One line, and where that is not enough a paragraph below it.
    public init(_ abstract: String = "", discussion: String = "") {
        (self.abstract, self.discussion) = (abstract, discussion)
    }

    /// One line.
    public init(stringLiteral abstract: String) { self.init(abstract) }
}

extension String {
    /// `labelsFromFolders` as `labels-from-folders`, `NetworkONNX` as `network-onnx`.
    var kebabCase: String {
        let letters = Array(self)
        return letters.indices.map { index in
            let endsAcronym = index + 1 < letters.count && letters[index + 1].isLowercase
            let begins =
                index > 0 && letters[index].isUppercase && (!letters[index - 1].isUppercase || endsAcronym)
            return (begins ? "-" : "") + letters[index].lowercased()
        }.joined()
    }
}
