/// What a property wrapper declares, and the place where its value arrives.
struct Declared<Value> {
    private let definition: ArgumentDefinition
    private var slot: Slot<Value>

    var value: Value {
        get { slot.read() }
        set { slot = Slot(newValue) { _, _ in nil } }
    }

    /// For the parser, which fills the place that this very copy reads.
    var argument: BoundArgument {
        BoundArgument(definition: definition) { [slot] text in slot.accept(text) }
    }

    init(required kind: ArgumentDefinition.Kind, _ name: NameSpecification, _ help: ArgumentHelp?)
    where Value: ExpressibleByArgument {
        definition = ArgumentDefinition(kind, name, help, Value.self, isRequired: true)
        slot = Slot(nil) { _, text in Value(argument: text) }
    }

    init(
        _ kind: ArgumentDefinition.Kind, _ name: NameSpecification, _ help: ArgumentHelp?,
        default value: Value
    ) where Value: ExpressibleByArgument {
        definition = ArgumentDefinition(kind, name, help, Value.self, default: [value])
        slot = Slot(value) { _, text in Value(argument: text) }
    }

    init<Element: ExpressibleByArgument>(
        optional kind: ArgumentDefinition.Kind, _ name: NameSpecification, _ help: ArgumentHelp?
    ) where Value == Element? {
        definition = ArgumentDefinition(kind, name, help, Element.self)
        slot = Slot(.some(nil)) { _, text in Element(argument: text).map { .some($0) } }
    }

    init<Element: ExpressibleByArgument>(
        repeating kind: ArgumentDefinition.Kind, _ name: NameSpecification, _ help: ArgumentHelp?,
        default values: [Element]
    ) where Value == [Element] {
        definition = ArgumentDefinition(kind, name, help, Element.self, default: values, isRepeating: true)
        slot = Slot(values) { given, text in Element(argument: text).map { (given ?? []) + [$0] } }
    }

    init(flag name: NameSpecification, _ help: ArgumentHelp?) where Value == Bool {
        definition = ArgumentDefinition(.flag, name, help, String.self)
        slot = Slot(false) { _, _ in true }
    }
}

extension Declared: Sendable where Value: Sendable {}

/// Where a value waits until the parser has filled it.
///
/// - Safety: only the parser writes, through ``accept(_:)``, before it hands the command out; after that a slot
///   is read only, and setting the property puts another slot in its place.
private final class Slot<Value>: @unchecked Sendable {
    private var value: Value?
    private var isGiven = false
    /// What was given so far with one more text, or `nil` if the text is no such value.
    private let take: (Value?, String) -> Value?

    init(_ value: Value?, take: @escaping (Value?, String) -> Value?) {
        self.value = value
        self.take = take
    }

    func read() -> Value {
        guard let value else { preconditionFailure("an argument without default was read before parsing") }
        return value
    }

    func accept(_ text: String) -> Bool {
        guard let taken = take(isGiven ? value : nil, text) else { return false }
        (value, isGiven) = (taken, true)
        return true
    }
}
