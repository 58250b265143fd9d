/// A text file of an RTL folder.
public struct RTLFile: Hashable, Sendable {
    /// Its name inside the folder, which for a module is the module's.
    public let name: String
    /// Its bytes, header included.
    public let bytes: [UInt8]

    /// A file of the given parts.
    public init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }

    /// A module behind its header.
    init(module: String, header: FileHeader, facts: [String] = [], text: [UInt8]) {
        self.init(name: "\(module).sv", bytes: Array(header.text(module: module, facts: facts).utf8) + text)
    }

    /// A module behind its header.
    init(module: String, header: FileHeader, facts: [String] = [], text: String) {
        self.init(module: module, header: header, facts: facts, text: Array(text.utf8))
    }
}
