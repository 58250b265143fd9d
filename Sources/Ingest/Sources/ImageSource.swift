public import ImageDecoding

/// Tells a source that waits for input whether to give up; called often, from the source's own thread.
public typealias StopCheck = @Sendable () -> Bool

/// A sequence of images that may be slow, endless and partly damaged.
///
/// A source belongs to one thread at a time. Copies of a source share its place in the input, so keep
/// one. Once `next()` has returned `nil` or thrown, it returns `nil`.
public protocol ImageSource: Sendable {
    /// What is read, in one line for people.
    var summary: String { get }

    /// The names behind the labels, by index, where the source defines them.
    var classNames: [String]? { get }

    /// The next image, or what stood in its place; `nil` at the end, and soon after a stop is asked for.
    ///
    /// - Throws: ``SourceError`` when nothing more can be read. Everything whole before the damage has been
    ///   returned by then. One bad file is an outcome, never an error.
    /// - Isolation: blocks while it waits for input; call it on a thread of its own.
    mutating func next() throws(SourceError) -> SourceOutcome?
}

/// One step of an ``ImageSource``.
public enum SourceOutcome: Sendable, Hashable {
    /// An image, not yet decoded in most cases.
    case image(SourceImage)
    /// Something that should have been an image; the stream goes on. `id` obeys the rule of image ids.
    case unreadable(id: String, reason: String)
}

/// An image as a source found it.
public struct SourceImage: Sendable, Hashable {
    /// What is known of the pixels.
    public enum Content: Sendable, Hashable {
        /// The bytes of a file; its signature fits the format, the rest is not yet checked.
        case encoded([UInt8], ImageFormat)
        /// Pixels that were never encoded.
        case pixels(RGBImage)
    }

    /// Names the image within its source; the record key downstream.
    ///
    /// - Range: 1...256 bytes of UTF-8 without control characters.
    public let id: String
    /// The bytes or pixels.
    public let content: Content
    /// The class index that came with the image, where one did.
    ///
    /// - Range: `0..<2^31`.
    public let label: Int?
    /// When the image was taken, or arrived, in milliseconds since 1970 UTC; `nil` for stored data sets.
    public let capturedAtMs: Int64?

    /// Takes an id that obeys its range; check one from outside with ``idProblem(_:)`` first.
    public init(id: String, content: Content, label: Int? = nil, capturedAtMs: Int64? = nil) {
        precondition(Self.idProblem(id) == nil, "an image id has 1...256 bytes and no control characters")
        precondition(label.map { Self.labelRange.contains($0) } ?? true, "a label is in 0..<2^31")
        self.id = id
        self.content = content
        self.label = label
        self.capturedAtMs = capturedAtMs
    }

    /// The labels that exist.
    public static let labelRange = 0..<(1 << 31)

    /// The most bytes of an id.
    public static let idBytesMax = 256

    /// Why `id` cannot name an image; `nil` when it can.
    public static func idProblem(_ id: String) -> String? {
        if id.isEmpty { return "the name is empty" }
        if id.utf8.count > idBytesMax {
            return "the name has \(id.utf8.count) bytes; ids hold \(idBytesMax): shorten it"
        }
        let isControl = id.unicodeScalars.contains { $0.properties.generalCategory == .control }
        return isControl ? "the name holds a control character: rename it" : nil
    }

    /// `name` made into an id for reports: control characters become `?`, and the end is cut.
    static func printableID(_ name: String) -> String {
        var id = String.UnicodeScalarView()
        var bytes = 0
        for scalar in name.unicodeScalars {
            let safe = scalar.properties.generalCategory == .control ? "?" : scalar
            bytes += UTF8.width(safe)
            if bytes > idBytesMax { break }
            id.append(safe)
        }
        return id.isEmpty ? "?" : String(id)
    }

    /// An image of file bytes named `name`, or the reason why there is none.
    static func outcome(
        name: String,
        bytes: [UInt8],
        label: Int?,
        capturedAtMs: Int64? = nil
    ) -> SourceOutcome {
        if let problem = idProblem(name) { return .unreadable(id: printableID(name), reason: problem) }
        if bytes.isEmpty { return .unreadable(id: name, reason: "the file is empty") }
        guard let format = ImageFormat.sniff(bytes) else {
            return .unreadable(id: name, reason: "the bytes start like neither jpeg nor png")
        }
        return .image(
            SourceImage(
                id: name,
                content: .encoded(bytes, format),
                label: label,
                capturedAtMs: capturedAtMs
            )
        )
    }
}
