/// Why an RTL folder can not be taken further.
public enum FlowError: Error, Equatable, CustomStringConvertible {
    /// There is no manifest, or it is none.
    case notAnRTLFolder(path: String, reason: String)
    /// A file that the manifest names can not be read.
    case missingFile(path: String, reason: String)
    /// A line of the vectors is not what the manifest says.
    case badVectors(file: String, line: Int)
    /// A layer was asked for that the folder does not hold.
    case unknownLayer(name: String, known: [String])
    /// What was asked for needs the other style.
    case wrongStyle(path: String, found: String, expected: String)
    /// A result can not be written.
    case notWritten(path: String, reason: String)

    /// What, where, and what to do.
    public var description: String {
        switch self {
        case .notAnRTLFolder(let path, let reason):
            "\(path) is no RTL folder (\(reason)): make one with `hashiflex chip rtl -o \(path)`"
        case .missingFile(let path, let reason):
            "\(path) can not be read (\(reason)): write the RTL folder anew"
        case .badVectors(let file, let line):
            "\(file): line \(line) is no test vector; write the RTL folder anew"
        case .unknownLayer(let name, let known):
            "the folder has no layer '\(name)'; it has \(known.joined(separator: ", "))"
        case .wrongStyle(let path, let found, let expected):
            "\(path) is written in the style \(found); this needs \(expected): `hashiflex chip rtl --style "
                + "\(expected)`"
        case .notWritten(let path, let reason): "can not write \(path): \(reason)"
        }
    }
}
