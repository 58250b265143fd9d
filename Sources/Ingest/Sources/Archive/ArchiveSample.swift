private import FoundationEssentials

/// The members of a WebDataset archive that share a key, as they come together.
///
/// The key is the path up to the first dot of its last component; what follows the dot is the field.
struct ArchiveSample: Sendable {
    /// What a field holds, from its last extension.
    enum Field: Sendable, Hashable {
        case image
        case classIndex
        case text
        case json
        case other

        init(extension field: String) {
            switch field.split(separator: ".").last.map({ $0.lowercased() }) {
            case "jpg", "jpeg", "png": self = .image
            case "cls": self = .classIndex
            case "txt": self = .text
            case "json": self = .json
            default: self = .other
            }
        }
    }

    let key: String
    private(set) var imageBytes: [UInt8]?
    private var classIndex: Int?
    private var jsonLabel: Int?
    private var textLabel: Int?
    private var problem: String?

    init(key: String) { self.key = key }

    /// The label, the most explicit field first.
    var label: Int? { classIndex ?? jsonLabel ?? textLabel }

    /// Splits a member name; `nil` for folders' and hidden names.
    static func split(_ name: [UInt8]) -> (key: String, field: String)? {
        var path = name[...]
        while path.starts(with: [UInt8(ascii: "."), UInt8(ascii: "/")]) { path.removeFirst(2) }
        let base = path.lastIndex(of: UInt8(ascii: "/")).map { path[($0 + 1)...] } ?? path
        guard let dot = base.firstIndex(of: UInt8(ascii: ".")), dot > base.startIndex else { return nil }
        return (
            String(decoding: path[..<dot], as: UTF8.self),
            String(decoding: path[(dot + 1)...], as: UTF8.self)
        )
    }

    /// Notes that a member was too large to read.
    mutating func refuse(_ reason: String) {
        if problem == nil { problem = reason }
    }

    /// What becomes of a further image under this key, which is not kept: there may be any number.
    func surplus(_ name: [UInt8]) -> SourceOutcome? {
        guard imageBytes != nil else { return nil }
        return .unreadable(
            id: SourceImage.printableID(String(decoding: name, as: UTF8.self)),
            reason: "a second image for the key \(SourceImage.printableID(key)); the first is used")
    }

    /// Adds the content of one member.
    mutating func add(_ field: Field, _ content: [UInt8]) {
        switch field {
        case .image: imageBytes = content
        case .classIndex:
            classIndex = parseLabel(content)
            if classIndex == nil { refuse("its .cls file holds no whole number from 0 to 2147483647") }
        case .text:
            // Often a caption; a label only when it is nothing but a number.
            textLabel = parseLabel(content)
        case .json:
            guard let fields = try? JSONDecoder().decode(JSONLabel.self, from: Data(content)) else {
                return refuse("its .json file is not a JSON object")
            }
            jsonLabel = fields.value
        case .other:
            break
        }
    }

    /// What the source returns for this key; nothing when the key held no image and no label.
    var outcome: SourceOutcome? {
        let id = SourceImage.printableID(key)
        if let problem { return .unreadable(id: id, reason: problem) }
        guard let imageBytes else {
            guard label != nil else { return nil }
            return .unreadable(
                id: id,
                reason: "has a label and no image beside it; keep the files of a key together"
            )
        }
        return SourceImage.outcome(name: key, bytes: imageBytes, label: label)
    }
}

/// A label in a JSON object: `label` or `cls`, when it is a whole number.
private struct JSONLabel: Decodable {
    let value: Int?

    private enum CodingKeys: String, CodingKey {
        case label
        case cls
    }

    init(from decoder: any Decoder) throws {
        let object = try decoder.container(keyedBy: CodingKeys.self)
        // Another type under these names is some other kind of metadata.
        let found =
            (try? object.decode(Int.self, forKey: .label)) ?? (try? object.decode(Int.self, forKey: .cls))
        value = found.flatMap { SourceImage.labelRange.contains($0) ? $0 : nil }
    }
}
