/// A type whose values can be typed.
public protocol ExpressibleByArgument: SendableMetatype {
    /// The value that `argument` stands for, or `nil`.
    init?(argument: String)

    /// How a default is shown.
    var defaultValueDescription: String { get }

    /// Every text that is a value, where these are few; shown in the help and offered by shells.
    static var allValueStrings: [String] { get }

    /// Whether a shell may offer file names.
    static var mayBePath: Bool { get }
}

extension ExpressibleByArgument {
    /// The value as text.
    public var defaultValueDescription: String { "\(self)" }
    /// None: there are too many.
    public static var allValueStrings: [String] { [] }
    /// Only plain text may be a path.
    public static var mayBePath: Bool { false }
}

extension RawRepresentable where Self: ExpressibleByArgument, RawValue: ExpressibleByArgument {
    /// The value with this raw value.
    public init?(argument: String) {
        guard let raw = RawValue(argument: argument) else { return nil }
        self.init(rawValue: raw)
    }

    /// The raw value as text.
    public var defaultValueDescription: String { rawValue.defaultValueDescription }
}

extension CaseIterable where Self: ExpressibleByArgument {
    /// Every case, as it is typed.
    public static var allValueStrings: [String] { allCases.map(\.defaultValueDescription) }
}

extension String: ExpressibleByArgument {
    /// The text itself.
    public init?(argument: String) { self = argument }
    /// Text may be a path.
    public static var mayBePath: Bool { true }
}

extension ExpressibleByArgument where Self: FixedWidthInteger {
    /// A decimal number that fits.
    public init?(argument: String) { self.init(argument, radix: 10) }
}

extension Int: ExpressibleByArgument {}
extension Int64: ExpressibleByArgument {}
extension UInt64: ExpressibleByArgument {}

extension Double: ExpressibleByArgument {
    /// A finite decimal number: no command means infinity, and none expects `nan` or `0x10`.
    public init?(argument: String) {
        let isDecimal = argument.utf8.allSatisfy { "0123456789+-.eE".utf8.contains($0) }
        guard isDecimal, let value = Double(argument), value.isFinite else { return nil }
        self = value
    }
}
