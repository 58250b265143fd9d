/// Why a liberty file could not be used.
public enum LibertyError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The system does not let us read it.
    case unreadable(file: String, reason: String)
    /// Damaged gzip data.
    case corruptGzip(file: String)
    /// Unpacked, it is longer than we read.
    case tooLarge(file: String, limit: Int)
    /// The text is no liberty.
    case malformed(file: String, line: Int, what: String)
    /// Files that cannot be one library: units or templates differ.
    case incompatible(file: String, what: String)

    /// File, line, what is wrong.
    public var description: String {
        switch self {
        case .unreadable(let file, let reason): "\(file.printable()) cannot be read: \(reason.printable())"
        case .corruptGzip(let file):
            "\(file.printable()) is damaged: not gzip data to its end; fetch it again"
        case .tooLarge(let file, let limit):
            "\(file.printable()) has more than \(limit >> 20) MiB when unpacked: this is no liberty file of cells"
        case .malformed(let file, let line, let what):
            "\(file.printable()), line \(line): \(what.printable())"
        case .incompatible(let file, let what):
            "\(file.printable()) does not fit the files before it: \(what.printable())"
        }
    }
}
