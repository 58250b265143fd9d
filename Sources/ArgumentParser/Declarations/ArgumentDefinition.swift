/// What a command declares of one argument.
struct ArgumentDefinition: Sendable {
    enum Kind: Sendable { case flag, option, positional }

    let kind: Kind
    let help: ArgumentHelp
    let isRequired: Bool
    let isRepeating: Bool
    /// The default as help shows it; empty without one.
    let defaultText: String
    /// Every legal value, where these are few.
    let values: [String]
    let mayBePath: Bool
    private let specification: NameSpecification
    /// The property's name in kebab case.
    private var property = ""
    /// The spellings with hyphens, short ones first; none for a positional argument.
    private(set) var names: [String] = []

    init<Element: ExpressibleByArgument>(
        _ kind: Kind, _ specification: NameSpecification, _ help: ArgumentHelp?, _: Element.Type,
        default values: [Element] = [], isRequired: Bool = false, isRepeating: Bool = false
    ) {
        self.kind = kind
        self.specification = specification
        self.help = help ?? ArgumentHelp()
        self.isRequired = isRequired
        self.isRepeating = isRepeating
        defaultText = values.map(\.defaultValueDescription).joined(separator: ", ")
        self.values = Element.allValueStrings
        mayBePath = Element.mayBePath
    }

    /// The definition once its property is known.
    func named(_ property: String) -> Self {
        var definition = self
        definition.property = property.kebabCase
        definition.names = specification.names(property)
        return definition
    }

    /// The long name where there is one, else the short one, with hyphens.
    var preferredName: String { names.last ?? property }
    /// `<value>`, named after the preferred name or the property.
    var placeholder: String { "<\(preferredName.drop { $0 == "-" })>" }

    /// As error messages name it: `--name <name>`, `--flag`, `<place>`.
    var title: String {
        switch kind {
        case .flag: preferredName
        case .option: "\(preferredName) \(placeholder)"
        case .positional: placeholder
        }
    }
}

/// One argument of a command that is being parsed.
struct BoundArgument {
    let definition: ArgumentDefinition
    /// Takes one text in; `false` if it is no value of the property's type.
    let accept: (String) -> Bool

    /// The arguments of a command or group and the groups inside, as declared.
    static func all(of arguments: any ParsableArguments) -> [BoundArgument] {
        Mirror(reflecting: arguments).children.flatMap { label, value -> [BoundArgument] in
            if let group = value as? any GroupWrapper { return all(of: group.content) }
            guard let wrapper = value as? any ArgumentWrapper, let label else { return [] }
            let argument = wrapper.argument
            let definition = argument.definition.named(String(label.drop { $0 == "_" }))
            return [BoundArgument(definition: definition, accept: argument.accept)]
        }
    }

    /// Lets every group inside, then the arguments themselves, check what they hold.
    static func validate(_ arguments: inout some ParsableArguments) throws {
        for child in Mirror(reflecting: arguments).children {
            if var group = (child.value as? any GroupWrapper)?.content { try validate(&group) }
        }
        try arguments.validate()
    }
}
