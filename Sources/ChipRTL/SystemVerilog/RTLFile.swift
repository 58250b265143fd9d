/// A text file of an RTL folder.
public struct RTLFile: Hashable, Sendable {
    /// Its path inside the folder; the file's name is the module's.
    public let name: String
    /// Its bytes, header included.
    public let bytes: [UInt8]

    /// A file of the given parts.
    public init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }

    /// A module behind its header, in a file of its name.
    init(
        module: String,
        folder: String = "",
        header: FileHeader,
        facts: [String] = [],
        text: [UInt8]
    ) {
        self.init(
            name: "\(folder)\(module).sv", bytes: Array(header.text(module: module, facts: facts).utf8) + text
        )
    }

    /// A module behind its header, in a file of its name.
    init(
        module: String,
        folder: String = "",
        header: FileHeader,
        facts: [String] = [],
        text: String
    ) {
        self.init(module: module, folder: folder, header: header, facts: facts, text: Array(text.utf8))
    }
}
