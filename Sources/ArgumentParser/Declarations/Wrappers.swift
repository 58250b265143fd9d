/// A named value: `--name value`, `--name=value`, `-n value`, `-nvalue`.
///
/// The property's type decides: with a default or optional it may be left out; an array takes it repeatedly.
@propertyWrapper
public struct Option<Value> {
    private var declared: Declared<Value>

    /// The value, once parsed. Setting it changes this copy only.
    public var wrappedValue: Value {
        get { declared.value }
        set { declared.value = newValue }
    }

    /// A value that must be given.
    public init(name: NameSpecification = .long, help: ArgumentHelp? = nil)
    where Value: ExpressibleByArgument { declared = Declared(required: .option, name, help) }

    /// A value with a default.
    public init(wrappedValue: Value, name: NameSpecification = .long, help: ArgumentHelp? = nil)
    where Value: ExpressibleByArgument { declared = Declared(.option, name, help, default: wrappedValue) }

    /// A value that may be missing.
    public init<Element: ExpressibleByArgument>(name: NameSpecification = .long, help: ArgumentHelp? = nil)
    where Value == Element? { declared = Declared(optional: .option, name, help) }

    /// Values in the order they are given; the first takes the place of the defaults.
    public init<Element: ExpressibleByArgument>(
        wrappedValue: [Element], name: NameSpecification = .long, help: ArgumentHelp? = nil
    ) where Value == [Element] { declared = Declared(repeating: .option, name, help, default: wrappedValue) }
}

/// A value by its place.
@propertyWrapper
public struct Argument<Value> {
    private var declared: Declared<Value>

    /// The value, once parsed. Setting it changes this copy only.
    public var wrappedValue: Value {
        get { declared.value }
        set { declared.value = newValue }
    }

    /// A value that must be given.
    public init(help: ArgumentHelp? = nil) where Value: ExpressibleByArgument {
        declared = Declared(required: .positional, [], help)
    }

    /// A value that may be missing.
    public init<Element: ExpressibleByArgument>(help: ArgumentHelp? = nil) where Value == Element? {
        declared = Declared(optional: .positional, [], help)
    }

    /// All values from here on.
    public init<Element: ExpressibleByArgument>(wrappedValue: [Element], help: ArgumentHelp? = nil)
    where Value == [Element] { declared = Declared(repeating: .positional, [], help, default: wrappedValue) }
}

/// A switch that is off unless it is given.
@propertyWrapper
public struct Flag {
    private var declared: Declared<Bool>

    /// Whether it was given. Setting it changes this copy only.
    public var wrappedValue: Bool {
        get { declared.value }
        set { declared.value = newValue }
    }

    /// A switch; its default must be `false`.
    public init(wrappedValue: Bool, name: NameSpecification = .long, help: ArgumentHelp? = nil) {
        precondition(!wrappedValue, "a flag is off unless it is given")
        declared = Declared(flag: name, help)
    }
}

/// Arguments declared elsewhere, in place.
@propertyWrapper
public struct OptionGroup<Value: ParsableArguments> {
    /// The group, once parsed.
    public var wrappedValue: Value

    /// The group with its defaults.
    public init() { wrappedValue = Value() }
}

extension Option: Sendable where Value: Sendable {}
extension Argument: Sendable where Value: Sendable {}
extension OptionGroup: Sendable where Value: Sendable {}
extension Flag: Sendable {}

/// A property wrapper that stands for one argument.
protocol ArgumentWrapper {
    var argument: BoundArgument { get }
}

/// A property wrapper that stands for the arguments of another type.
protocol GroupWrapper {
    var content: any ParsableArguments { get }
}

extension Option: ArgumentWrapper { var argument: BoundArgument { declared.argument } }
extension Argument: ArgumentWrapper { var argument: BoundArgument { declared.argument } }
extension Flag: ArgumentWrapper { var argument: BoundArgument { declared.argument } }
extension OptionGroup: GroupWrapper { var content: any ParsableArguments { wrappedValue } }
