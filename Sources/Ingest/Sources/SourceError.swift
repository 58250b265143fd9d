private import Glibc

/// Why a source cannot be opened, or cannot go on.
public enum SourceError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Nothing is at the path.
    case missing(path: String)
    /// The system refused to open or read it.
    case unreadable(path: String, reason: String)
    /// It can be read, and is none of the kinds a source reads.
    case notAnImageSource(path: String, reason: String)
    /// It contradicts itself; nothing after this point can be trusted.
    case malformed(source: String, reason: String)
    /// It ends before it should.
    case truncated(source: String, reason: String)
    /// A labels file has a bad line, counted from 1.
    case badLabels(path: String, line: Int, reason: String)
    /// An archive could not be written.
    case unwritable(path: String, reason: String)
    /// A stop was asked for while waiting. Sources turn this into the end of their images.
    case stopped

    /// One line for people: what, where, what to do.
    public var description: String {
        switch self {
        case .missing(let path):
            "nothing is at \(path); check the path"
        case .unreadable(let path, let reason):
            "\(path) cannot be read: \(reason)"
        case .notAnImageSource(let path, let reason):
            "\(path) is not an image source: \(reason)"
        case .malformed(let source, let reason):
            "\(source) is damaged: \(reason)"
        case .truncated(let source, let reason):
            "\(source) is cut short: \(reason); fetch or write it again"
        case .badLabels(let path, let line, let reason):
            "labels file \(path), line \(line): \(reason)"
        case .unwritable(let path, let reason):
            "\(path) cannot be written: \(reason)"
        case .stopped:
            "a stop was asked for"
        }
    }

    /// The error for a failed open of `path`, from `errno`.
    static func opening(_ path: String, errno code: Int32) -> SourceError {
        code == ENOENT ? .missing(path: path) : .unreadable(path: path, reason: systemReason(code))
    }
}

/// The system's words for an `errno`.
func systemReason(_ code: Int32) -> String {
    guard let text = strerror(code) else { return "error \(code)" }
    return String(cString: text).lowercased()
}
