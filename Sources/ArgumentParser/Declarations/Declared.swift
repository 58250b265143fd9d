/// What a property wrapper declares, and the place where its value arrives.
struct Declared<Value> {
    private let definition: ArgumentDefinition
    private var slot: Slot<Value>

    var value: Value {
        get { slot.read() }
        set { slot = Slot(newValue) { _, _, _ in false } }
    }

    /// For the parser, which fills the place that this very copy reads.
    var argument: BoundArgument {
        BoundArgument(definition: definition) { [slot] text in slot.accept(text) }
    }

    init(required kind: ArgumentDefinition.Kind, _ name: NameSpecification, _ help: ArgumentHelp?)
    where Value: ExpressibleByArgument {
        definition = ArgumentDefinition(kind, name, help, Value.self, isRequired: true)
        slot = Slot(nil, take: Self.replace)
    }

    init(
        _ kind: ArgumentDefinition.Kind, _ name: NameSpecification, _ help: ArgumentHelp?,
        default value: Value
    ) where Value: ExpressibleByArgument {
        definition = ArgumentDefinition(kind, name, help, Value.self, default: [value])
        slot = Slot(value, take: Self.replace)
    }

    private static func replace(_ value: inout Value?, _: Bool, _ text: String) -> Bool
    where Value: ExpressibleByArgument {
        value = Value(argument: text)
        return value != nil
    }

    init<Element: ExpressibleByArgument>(
        optional kind: ArgumentDefinition.Kind, _ name: NameSpecification, _ help: ArgumentHelp?
    ) where Value == Element? {
        definition = ArgumentDefinition(kind, name, help, Element.self)
        slot = Slot(.some(nil)) { value, _, text in
            guard let element = Element(argument: text) else { return false }
            value = element
            return true
        }
    }

    init<Element: ExpressibleByArgument>(
        repeating kind: ArgumentDefinition.Kind, _ name: NameSpecification, _ help: ArgumentHelp?,
        default values: [Element]
    ) where Value == [Element] {
        definition = ArgumentDefinition(kind, name, help, Element.self, default: values, isRepeating: true)
        slot = Slot(values) { value, isFirst, text in
            guard let element = Element(argument: text) else { return false }
            if isFirst { value = [] }
            // In place: a shell may pass tens of thousands of files.
            value?.append(element)
            return true
        }
    }

    init(flag name: NameSpecification, _ help: ArgumentHelp?) where Value == Bool {
        definition = ArgumentDefinition(.flag, name, help, String.self)
        slot = Slot(false) { value, _, _ in
            value = true
            return true
        }
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
    /// Takes the first or a further text into the value; `false` if it is no such value.
    private let take: (inout Value?, _ isFirst: Bool, String) -> Bool

    init(_ value: Value?, take: @escaping (inout Value?, Bool, String) -> Bool) {
        self.value = value
        self.take = take
    }

    func read() -> Value {
        guard let value else { preconditionFailure("an argument without default was read before parsing") }
        return value
    }

    func accept(_ text: String) -> Bool {
        let isFirst = !isGiven
        isGiven = true
        return take(&value, isFirst, text)
    }
}
